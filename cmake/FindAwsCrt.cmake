# Target cqs3::aws_crt: the AWS Common Runtime with its own libcrypto.
#
# libparquet exports the symbols of another OpenSSL. So that neither takes the other's, these archives
# must stand before libparquet on the link line and none of their symbols may leave the program.
list(APPEND CMAKE_PREFIX_PATH ${CQS3_DEPS}/crt-${CQS3_AWSCRT_VERSION})
find_package(aws-c-s3 CONFIG REQUIRED)
add_library(cqs3::aws_crt INTERFACE IMPORTED)
target_link_libraries(cqs3::aws_crt INTERFACE AWS::aws-c-s3)
target_link_options(cqs3::aws_crt INTERFACE LINKER:--exclude-libs,ALL)
