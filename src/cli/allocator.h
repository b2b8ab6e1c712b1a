#pragma once

namespace s3source {

/// Gives Arrow's buffers the allocator that everything else of the program has, so that
/// memory freed by one serves the other. First thing in main: Arrow looks once. A choice
/// that the user made with ARROW_DEFAULT_MEMORY_POOL stays.
void UseOneAllocator();

}  // namespace s3source
