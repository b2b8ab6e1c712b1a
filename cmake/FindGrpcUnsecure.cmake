# Target cqs3::grpc: gRPC without TLS (CloudQuery uses none, and a second OpenSSL in the process is a
# trap), and the function cqs3_generate_protos().
# Protobuf's own package knows what it links (from version 22 on also Abseil); Debian has none.
find_package(Protobuf CONFIG QUIET)
if(NOT Protobuf_FOUND)
  find_package(Protobuf REQUIRED)
endif()
find_package(gRPC CONFIG REQUIRED)
add_library(cqs3::grpc INTERFACE IMPORTED)
target_link_libraries(cqs3::grpc INTERFACE gRPC::grpc++_unsecure protobuf::libprotobuf)

# Where gRPC is another machine's, so is its compiler.
set(cqs3_grpc_compiler $<TARGET_FILE:gRPC::grpc_cpp_plugin>)
if(CMAKE_CROSSCOMPILING)
  find_program(CQS3_GRPC_COMPILER grpc_cpp_plugin REQUIRED)
  set(cqs3_grpc_compiler ${CQS3_GRPC_COMPILER})
endif()

# cqs3_generate_protos(TARGET ROOT FILE...): compiles FILE... (relative to ROOT) into TARGET.
function(cqs3_generate_protos target root)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${out})
  foreach(proto IN LISTS ARGN)
    string(REGEX REPLACE "\\.proto$" "" stem ${proto})
    set(made ${out}/${stem}.pb.h ${out}/${stem}.pb.cc ${out}/${stem}.grpc.pb.h ${out}/${stem}.grpc.pb.cc)
    add_custom_command(
      OUTPUT ${made}
      COMMAND protobuf::protoc --proto_path=${root} --cpp_out=${out} --grpc_out=${out}
              --plugin=protoc-gen-grpc=${cqs3_grpc_compiler} ${proto}
      DEPENDS ${root}/${proto}
      VERBATIM)
    target_sources(${target} PRIVATE ${made})
    list(APPEND all_made ${made})
    set_source_files_properties(${made} PROPERTIES COMPILE_OPTIONS -w)
  endforeach()
  # What reads the sources without compiling them, as clang-tidy does, needs only these.
  add_custom_target(${target}_protos DEPENDS ${all_made})
  target_include_directories(${target} SYSTEM PUBLIC $<BUILD_INTERFACE:${out}>)
endfunction()
