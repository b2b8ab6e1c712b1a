package client

import (
	"context"
	"errors"
	"fmt"
	"strings"

	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// ConfigReport is what `test-connection` and `validate-config` print.
type ConfigReport struct {
	Error              string           `json:"error"`
	SourceStop         string           `json:"source_stop"`
	Success            bool             `json:"success"`
	FailureCode        string           `json:"failure_code"`
	FailureDescription string           `json:"failure_description"`
	Schema             string           `json:"schema"` // JSON; validate-config only
	Log                []map[string]any `json:"log"`
}

// testConnectionCommand calls TestConnection alone: no version check, no Init.
func testConnectionCommand(ctx context.Context, o Options) (any, error) {
	report := &ConfigReport{}
	return report, withUninitialized(ctx, o, report, func(source *process, spec []byte) error {
		response, err := source.rpc.TestConnection(ctx, &pb.TestConnection_Request{Spec: spec})
		if status.Code(err) == codes.Unimplemented {
			report.FailureCode, report.FailureDescription = "UNIMPLEMENTED", err.Error()
			return errors.New("at least one test connection failed")
		}
		if err != nil {
			return fmt.Errorf("failed to test connection: %w", err)
		}
		report.Success = response.Success
		report.FailureCode = response.FailureCode
		report.FailureDescription = response.FailureDescription
		if !report.Success {
			return errors.New("at least one test connection failed")
		}
		return nil
	})
}

// validateConfigCommand calls GetSpecSchema alone and checks the spec with it. A schema that does not
// compile is an error here; the CLI would only log it.
func validateConfigCommand(ctx context.Context, o Options) (any, error) {
	report := &ConfigReport{}
	return report, withUninitialized(ctx, o, report, func(source *process, _ []byte) error {
		response, err := source.rpc.GetSpecSchema(ctx, &pb.GetSpecSchema_Request{})
		if status.Code(err) == codes.Unimplemented {
			return nil
		}
		if err != nil {
			return fmt.Errorf("failed to get spec schema: %w", err)
		}
		if response.JsonSchema == nil {
			return nil
		}
		report.Schema = response.GetJsonSchema()
		instance, err := o.specValue(true)
		if err != nil {
			return err
		}
		if instance == nil {
			instance = map[string]any{}
		}
		if err := validate(report.Schema, instance); err != nil {
			return fmt.Errorf("failed to validate source config %s: %w", o.Name, err)
		}
		report.Success = true
		return nil
	})
}

func validate(schemaText string, instance any) error {
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(schemaText))
	if err != nil {
		return fmt.Errorf("the schema is not JSON: %w", err)
	}
	const resource = "schema.json"
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	compiler.UseLoader(jsonschema.SchemeURLLoader{}) // only what is in the schema itself may be referred to
	if err := compiler.AddResource(resource, document); err != nil {
		return err
	}
	schema, err := compiler.Compile(resource)
	if err != nil {
		return fmt.Errorf("the schema does not compile: %w", err)
	}
	return schema.Validate(instance)
}

func withUninitialized(ctx context.Context, o Options, report *ConfigReport,
	use func(source *process, spec []byte) error) (err error) {
	defer func() {
		if err != nil {
			report.Error = err.Error()
		}
	}()
	spec, err := o.specBytes(true)
	if err != nil {
		return err
	}
	source, err := startSource(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		report.SourceStop = source.stop()
		report.Log = source.log.all()
	}()
	return use(source, spec)
}
