#include "cli/check_command.h"

#include "cloudquery/serve/guarded.h"

namespace s3source {

ExitCode RunCheck(const CheckArguments& arguments, const CommandContext& context) {
  const auto config = LoadConfigOrPrint(arguments.config, arguments.source, context);
  if (!config.has_value()) return kExitUsage;
  const auto plugin = MakePlugin(context, context.logger);
  const auto test = cq::Guarded(
      [&] { return plugin->TestConnection(config->spec_json, context.stop); });
  if (!test.ok()) return Fail(test.status(), context);
  if (context.stop.stop_requested()) return Fail(arrow::Status::OK(), context);
  if (test->success) {
    context.out << "OK" << std::endl;
    return kExitOk;
  }
  const bool spec = test->failure_code == "INVALID_SPEC";
  context.out << test->failure_code << ": "
              << (spec ? config->location + ": " : std::string())
              << test->failure_description << std::endl;
  return spec ? kExitUsage : kExitFailed;
}

}  // namespace s3source
