package client

import (
	"context"
	"fmt"
	"slices"

	"github.com/cloudquery/plugin-pb-go/managedplugin"
	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"
)

const protocolVersion = 3

// process is a plugin as the CLI holds it.
type process struct {
	*managedplugin.Client
	rpc pb.PluginClient
	log *logCapture
}

func startSource(ctx context.Context, o Options) (*process, error) {
	var options []managedplugin.Option
	if o.OtelTarget != "" {
		options = append(options, managedplugin.WithOtelEndpoint(o.OtelTarget),
			managedplugin.WithOtelEndpointInsecure())
	}
	config := managedplugin.Config{Name: o.Name, Registry: o.Registry, Path: o.SourcePath}
	return start(ctx, managedplugin.PluginSource, config, o.LogLevel, options...)
}

func startDestination(ctx context.Context, o Options) (*process, error) {
	config := managedplugin.Config{
		Name: "postgresql", Registry: managedplugin.RegistryLocal, Path: o.DestinationPath,
	}
	return start(ctx, managedplugin.PluginDestination, config, "info")
}

func start(ctx context.Context, kind managedplugin.PluginType, config managedplugin.Config,
	logLevel string, options ...managedplugin.Option) (*process, error) {
	capture, err := newLogCapture(logLevel)
	if err != nil {
		return nil, err
	}
	options = append(options, managedplugin.WithLogger(capture.logger), managedplugin.WithNoSentry())
	client, err := managedplugin.NewClient(ctx, kind, config, options...)
	if err != nil {
		return nil, fmt.Errorf("failed to start %s %s: %w", kind, config.Name, err)
	}
	return &process{Client: client, rpc: pb.NewPluginClient(client.Conn), log: capture}, nil
}

func (p *process) checkVersion(ctx context.Context) error {
	versions, err := p.Versions(ctx)
	if err != nil {
		return fmt.Errorf("failed to get versions of %s: %w", p.Name(), err)
	}
	if !slices.Contains(versions, protocolVersion) {
		return fmt.Errorf("%s speaks versions %v, not %d", p.Name(), versions, protocolVersion)
	}
	return nil
}

func (p *process) init(ctx context.Context, spec []byte, noConnection bool, id string) error {
	_, err := p.rpc.Init(ctx, &pb.Init_Request{
		Spec: spec, NoConnection: noConnection, InvocationId: id,
	})
	if err != nil {
		return fmt.Errorf("failed to init %s: %w", p.Name(), err)
	}
	return nil
}

// stop ends the plugin and returns what the CLI would print of it: "" for exit status 0.
func (p *process) stop() string {
	if err := p.Terminate(); err != nil {
		return err.Error()
	}
	return ""
}
