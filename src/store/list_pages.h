#pragma once

#include <arrow/result.h>

#include <functional>
#include <stop_token>

#include "store/list_plan.h"
#include "store/list_xml.h"
#include "store/object_store.h"

namespace s3source {

/// What is left to be done with an answer, such as parsing it: called on the thread of
/// ListPages. An error without a Fault means a page that arrived broken, which is asked
/// for again.
using PageAnswer = std::function<arrow::Result<ListPage>()>;

/// Asks for a page without waiting. `done` is called once, on any thread or inside this
/// call; after stop at once.
using AskForPage = std::function<void(const ListRequest& request, std::stop_token stop,
                                      std::function<void(PageAnswer)> done)>;

/// Makes the listing that `plan` plans, and visits its pages on this thread. Returns when
/// nothing is under way any more; a failed request, or the visitor's error, ends what is.
arrow::Status ListPages(ListPlan plan, const AskForPage& ask, const std::stop_token& stop,
                        const PageVisitor& visit);

}  // namespace s3source
