#pragma once

#include <string>

#include "cloudquery/schema/filter.h"
#include "cloudquery/serve/serve.h"

namespace cq::testing {

/// What the suite must know of a plugin.
struct SourceSuiteOptions {
  /// Accepted by Init. A sync with it ends by itself, with OK.
  std::string spec = "{}";
  /// Refused by Init; empty when the plugin accepts everything.
  std::string bad_spec;
  /// With it a sync sends rows until it is stopped (or so many, at least 100 MB, that it
  /// is still at it when a client that does not read looks again). Empty: the checks of a
  /// running sync are left out.
  std::string endless_spec;
  /// Selects what the plugin syncs with `spec`. A plugin without tables must ask for
  /// none.
  TableFilter filter = {
      .tables = {"*"}, .skip_tables = {}, .skip_dependent_tables = false};
  /// The plugin overrides TestConnection, which succeeds with `spec` and fails with
  /// `bad_spec`.
  bool tests_connection = false;
};

/// What every source plugin must do, checked over a real connection. Call it from a TEST:
/// failures are reported to GoogleTest under the name of the check, and the later checks
/// still run.
void RunSourceSuite(const PluginFactory& make_plugin, const SourceSuiteOptions& options);

}  // namespace cq::testing
