# Third-party parts. Each is looked for with find_package first; what the distribution lacks is taken
# from where scripts/bootstrap put it ($CQS3_DEPS, default ~/.cache/cq-source-s3).
if(DEFINED ENV{CQS3_DEPS})
  set(CQS3_TOOLS $ENV{CQS3_DEPS})  # what is run here
else()
  set(CQS3_TOOLS $ENV{HOME}/.cache/cq-source-s3)
endif()
if(NOT CQS3_DEPS)  # what is linked; a toolchain file has its own
  set(CQS3_DEPS ${CQS3_TOOLS})
endif()
file(STRINGS ${PROJECT_SOURCE_DIR}/versions.env version_lines REGEX "^[A-Z_]+=")
foreach(line IN LISTS version_lines)
  string(REGEX MATCH "^([A-Z_]+)=(.*)$" _ ${line})
  set(CQS3_${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
endforeach()

find_package(Threads REQUIRED)
include(FindArrowAndParquet)
include(FindGrpcUnsecure)
find_package(nlohmann_json REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)

if(CQS3_BUILD_PLUGIN)
  find_package(yaml-cpp REQUIRED)
  find_package(pugixml REQUIRED)
  find_package(Jemalloc REQUIRED)
  include(FindXxhash)
  include(FindAwsCrt)
endif()
if(CQS3_BUILD_TESTING)
  find_package(GTest REQUIRED)
endif()
