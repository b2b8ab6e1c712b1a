# Target cqs3::aws_crt: the AWS Common Runtime with its own libcrypto.
#
# libparquet carries another OpenSSL and exports its symbols. A program that mixed the two would crash
# when TLS starts. So a static libcrypto is linked whole, and in front of everything else: every symbol
# it has is taken before libparquet is looked at, whatever the order of the libraries behind it. What
# nobody calls is dropped again, and no symbol of an archive leaves the program.
list(APPEND CMAKE_PREFIX_PATH ${CQS3_DEPS}/crt-${CQS3_AWSCRT_VERSION})
find_package(aws-c-auth CONFIG REQUIRED)
find_package(aws-checksums CONFIG REQUIRED)
add_library(cqs3::aws_crt INTERFACE IMPORTED)
target_link_libraries(cqs3::aws_crt INTERFACE AWS::aws-c-auth AWS::aws-checksums)

if(TARGET AWS::crypto)
  get_target_property(aws_libcrypto AWS::crypto IMPORTED_LOCATION)
  if(NOT aws_libcrypto)
    get_target_property(aws_libcrypto AWS::crypto IMPORTED_LOCATION_RELWITHDEBINFO)
  endif()
  if(aws_libcrypto MATCHES "\\.a$")
    target_link_options(cqs3::aws_crt INTERFACE
      LINKER:--whole-archive,${aws_libcrypto},--no-whole-archive
      LINKER:--gc-sections
      # clang's sanitizers are an archive too, whose malloc must serve the libraries.
      LINKER:--exclude-libs,$<IF:$<BOOL:${CQS3_BUILD_FUZZ}>,libcrypto.a,ALL>)
  endif()
endif()
