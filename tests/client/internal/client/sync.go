package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"
	"github.com/cloudquery/plugin-pb-go/specs"
	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// session is one sync from one source to one destination.
type session struct {
	options     Options
	source      *process
	destination *process
	summary     *Summary
	transform   transformer
	write       pb.Plugin_WriteClient
	rules       *rules
	dump        dumper
	interrupted bool
	pauseEnd    chan error // closed when the pause is over; nil: it has not begun
	stale       []string   // tables whose old rows go at the end
}

func syncCommand(ctx context.Context, o Options) (any, error) {
	summary := newSummary()
	err := runSync(ctx, o, summary)
	if err != nil {
		summary.Error = err.Error()
	}
	return summary, err
}

// runSync starts both plugins first, as the CLI does, and always ends them.
func runSync(ctx context.Context, o Options, summary *Summary) error {
	if o.Metrics {
		receiver, err := startMetricsReceiver()
		if err != nil {
			return err
		}
		o.OtelTarget = receiver.target()
		defer func() {
			var problems []string
			summary.TableMetrics, problems = receiver.stop()
			summary.Violations = append(summary.Violations, problems...)
		}()
	}
	source, destination, err := startBoth(ctx, o)
	if source != nil {
		defer func() {
			summary.SourceStop = source.stop()
			summary.Log = source.log.all()
			metrics := source.Metrics()
			summary.Warnings = metrics.Warnings
			summary.Errors = max(metrics.Errors, uint64(len(summary.ErrorMessages)))
		}()
	}
	if destination != nil {
		defer func() {
			destination.stop()
			summary.DestinationLog = destination.log.all()
		}()
	}
	if err != nil {
		return err
	}
	s := &session{
		options: o, source: source, destination: destination, summary: summary,
		rules: newRules(), dump: dumper{folder: o.DumpFolder},
	}
	err = s.run(ctx)
	summary.Violations = s.rules.violations
	return err
}

// startBoth takes about a second: the first dial fails, gRPC tries again after so long.
func startBoth(ctx context.Context, o Options) (source, destination *process, err error) {
	var group sync.WaitGroup
	var destinationErr error
	group.Go(func() { destination, destinationErr = startDestination(ctx, o) })
	source, err = startSource(ctx, o)
	group.Wait()
	return source, destination, errors.Join(err, destinationErr)
}

func (s *session) run(ctx context.Context) error {
	summary := s.summary
	summary.SyncTime = time.Now().UTC().Truncate(time.Microsecond)
	summary.SourceName = s.options.sourceName()
	s.transform = newTransformer(s.options, summary.SyncTime)
	if err := s.initBoth(ctx); err != nil {
		return err
	}
	var err error
	if s.write, err = s.destination.rpc.Write(ctx); err != nil {
		return err
	}
	stream, err := s.source.rpc.Sync(ctx, s.request())
	if err != nil {
		return err
	}
	for {
		response, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("unexpected error from sync client receive: %w", err)
		}
		if err := s.handle(response); err != nil {
			return err
		}
		if err := s.pause(); err != nil {
			return err
		}
	}
	return s.finish(ctx)
}

func (s *session) initBoth(ctx context.Context) error {
	for _, p := range []*process{s.source, s.destination} {
		if err := p.checkVersion(ctx); err != nil {
			return err
		}
	}
	destinationSpec, err := json.Marshal(map[string]any{"connection_string": s.options.DSN})
	if err != nil {
		return err
	}
	sourceSpec, err := s.options.specBytes(false)
	if err != nil {
		return err
	}
	invocation := uuid.NewString()
	if err := s.destination.init(ctx, destinationSpec, false, invocation); err != nil {
		return err
	}
	return s.source.init(ctx, sourceSpec, false, invocation)
}

func (s *session) request() *pb.Sync_Request {
	o := s.options
	request := &pb.Sync_Request{
		Tables:              o.Tables,
		SkipTables:          o.SkipTables,
		SkipDependentTables: true,
		DeterministicCqId:   o.DeterministicCqID,
		Shard:               o.Shard,
		WithErrorMessages:   true,
	}
	if o.BackendTable != "" {
		connection := o.BackendConnection
		if connection == "" {
			connection = s.destination.ConnectionString()
		}
		request.Backend = &pb.Sync_BackendOptions{TableName: o.BackendTable, Connection: connection}
	}
	return request
}

// finish removes stale rows where the write mode asks for it and waits for the destination.
func (s *session) finish(ctx context.Context) error {
	if s.options.WriteMode == specs.WriteModeOverwriteDeleteStale {
		for _, table := range s.stale {
			request := &pb.Write_Request{Message: &pb.Write_Request_Delete{
				Delete: &pb.Write_MessageDeleteStale{
					SourceName: s.summary.SourceName,
					SyncTime:   timestamppb.New(s.summary.SyncTime),
					TableName:  table,
				}}}
			if err := s.send(request); err != nil {
				return err
			}
			s.summary.DeletedStale = append(s.summary.DeletedStale, table)
		}
	}
	if _, err := s.write.CloseAndRecv(); err != nil {
		return fmt.Errorf("failed to write to destination: %w", err)
	}
	_, err := s.destination.rpc.Close(ctx, &pb.Close_Request{})
	return err
}

// send writes to the destination; when the stream broke, the reason is in its response.
func (s *session) send(request *pb.Write_Request) error {
	err := s.write.Send(request)
	if errors.Is(err, io.EOF) {
		if _, reason := s.write.CloseAndRecv(); reason != nil {
			err = reason
		}
	}
	if err != nil {
		return fmt.Errorf("failed to send to destination: %w", err)
	}
	return nil
}
