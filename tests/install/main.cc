#include <memory>

#include "cloudquery/serve/serve.h"
#include "hello_plugin.h"

int main(int argc, char** argv) {
  return cq::ServeMain(argc, argv,
                       [](cq::Logger&) { return std::make_unique<HelloPlugin>(); });
}
