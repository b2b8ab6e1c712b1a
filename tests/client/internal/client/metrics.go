package client

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"

	collector "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/proto"
)

const tableNameAttribute = "sync.table.name"

// metricsReceiver takes OTLP metrics over HTTP as the CLI does: of cumulative sums with the name of a
// table the last value counts.
type metricsReceiver struct {
	listener net.Listener
	server   *http.Server
	mutex    sync.Mutex
	values   map[string]map[string]int64
	problems []string
}

func startMetricsReceiver() (*metricsReceiver, error) {
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return nil, err
	}
	r := &metricsReceiver{listener: listener, values: map[string]map[string]int64{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/metrics", r.handle)
	r.server = &http.Server{Handler: mux}
	go func() { _ = r.server.Serve(listener) }()
	return r, nil
}

func (r *metricsReceiver) target() string { return r.listener.Addr().String() }

// stop returns value by table and metric, and what the CLI would have stumbled over.
func (r *metricsReceiver) stop() (map[string]map[string]int64, []string) {
	_ = r.server.Shutdown(context.Background())
	return r.values, r.problems
}

func (r *metricsReceiver) handle(w http.ResponseWriter, request *http.Request) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if err := r.take(request); err != nil {
		r.problems = append(r.problems, "metrics: "+err.Error())
		w.WriteHeader(http.StatusBadRequest)
	}
}

func (r *metricsReceiver) take(request *http.Request) error {
	if kind := request.Header.Get("Content-Type"); kind != "application/x-protobuf" {
		return fmt.Errorf("content type %q", kind)
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return err
	}
	var message collector.ExportMetricsServiceRequest
	if err := proto.Unmarshal(body, &message); err != nil {
		return err
	}
	for _, resource := range message.GetResourceMetrics() {
		for _, scope := range resource.GetScopeMetrics() {
			for _, metric := range scope.GetMetrics() {
				if err := r.takeSum(metric); err != nil {
					return fmt.Errorf("%s: %w", metric.GetName(), err)
				}
			}
		}
	}
	return nil
}

func (r *metricsReceiver) takeSum(metric *metrics.Metric) error {
	sum := metric.GetSum()
	if sum == nil {
		return nil
	}
	if sum.GetAggregationTemporality() != metrics.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE {
		return fmt.Errorf("temporality %s", sum.GetAggregationTemporality())
	}
	for _, point := range sum.GetDataPoints() {
		table := ""
		for _, attribute := range point.GetAttributes() {
			if attribute.GetKey() == tableNameAttribute {
				table = attribute.GetValue().GetStringValue()
			}
		}
		if table == "" {
			return fmt.Errorf("a point without %s", tableNameAttribute)
		}
		if r.values[table] == nil {
			r.values[table] = map[string]int64{}
		}
		r.values[table][metric.GetName()] = point.GetAsInt()
	}
	return nil
}
