# CQS3_PROGRAM_VERSION: what the program calls itself. -DCQS3_VERSION=v1.2.3 decides; else the tag of this
# commit, as git describes it at configure time (v1.2.3, or v1.2.3-4-gabc1234 four commits later); else,
# without tags or git, the version of the project and `-dev`.
set(CQS3_VERSION "" CACHE STRING "The version that the program tells, such as v1.2.3; empty: that of the git tag")
set(CQS3_PROGRAM_VERSION "${CQS3_VERSION}")
if(NOT CQS3_PROGRAM_VERSION)
  execute_process(COMMAND git describe --tags --match "v[0-9]*"
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    OUTPUT_VARIABLE CQS3_PROGRAM_VERSION OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT CQS3_PROGRAM_VERSION)
  set(CQS3_PROGRAM_VERSION v${PROJECT_VERSION}-dev)
endif()
file(WRITE ${PROJECT_BINARY_DIR}/version.txt ${CQS3_PROGRAM_VERSION}\n)
