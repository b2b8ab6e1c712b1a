#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cloudquery/serve/server.h"
#include "cloudquery/testing/plugin_client.h"
#include "cloudquery/testing/recording_logger.h"
#include "cloudquery/testing/source_suite.h"

namespace cq::testing {

/// A fresh plugin behind a server on a socket of its own, and a client of it.
class SuiteSession {
 public:
  SuiteSession(const PluginFactory& make_plugin, const SourceSuiteOptions& suite_options);

  /// Init with the spec of the options that is named; a failure is a failure of the
  /// check.
  void Init(const std::string& spec);
  SyncAsk ask() const;

  const SourceSuiteOptions& options;

 private:
  RecordingLogger logger_;
  std::unique_ptr<SourcePlugin> plugin_;

 public:
  std::unique_ptr<Server> server;
  std::unique_ptr<PluginClient> client;
};

struct SuiteCheck {
  const char* name;
  void (*run)(SuiteSession&);
};

std::vector<SuiteCheck> SessionChecks();  ///< everything but a sync
std::vector<SuiteCheck> SyncChecks();     ///< what a sync sends
std::vector<SuiteCheck>
RunningSyncChecks();  ///< what happens while one runs; need an endless spec

}  // namespace cq::testing
