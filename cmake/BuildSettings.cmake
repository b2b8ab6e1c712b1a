# What every target of this project is built with: one INTERFACE target, no global flags.
find_program(CQS3_CCACHE ccache)
if(CQS3_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${CQS3_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CQS3_CCACHE})
endif()

add_library(cqs3_build_settings INTERFACE)
target_compile_features(cqs3_build_settings INTERFACE cxx_std_20)
target_compile_options(cqs3_build_settings INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wno-missing-field-initializers
  # g++ 12 sees an overlap in every `"text" + std::string()` it optimises; there is none.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  $<$<BOOL:${CQS3_WARNINGS_AS_ERRORS}>:-Werror>
  $<$<CONFIG:Debug>:-g1>)
target_compile_definitions(cqs3_build_settings INTERFACE
  $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)

# What makes a memory error harder to exploit; scripts/check_hardening proves it on the program.
# All of it together, the library's assertions included, costs one to two percent of a sync's CPU time.
option(CQS3_HARDEN "Harden release builds" ON)
set(CQS3_HARDENING
  -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -D_GLIBCXX_ASSERTIONS)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  list(APPEND CQS3_HARDENING -fcf-protection=full)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  list(APPEND CQS3_HARDENING -mbranch-protection=standard)
endif()
if(CQS3_HARDEN AND NOT CQS3_SANITIZE)  # fortified functions hide errors from sanitizers
  target_compile_options(cqs3_build_settings INTERFACE "$<$<CONFIG:Release,RelWithDebInfo>:${CQS3_HARDENING}>")
endif()

if(CQS3_SANITIZE)
  target_compile_options(cqs3_build_settings INTERFACE -fsanitize=${CQS3_SANITIZE} -fno-omit-frame-pointer -O1)
  target_link_options(cqs3_build_settings INTERFACE -fsanitize=${CQS3_SANITIZE})
  if(CQS3_SANITIZE STREQUAL thread)
    # Asio's fences, which ThreadSanitizer does not see, are used by one thread at a time here.
    target_compile_options(cqs3_build_settings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
endif()
if(CQS3_COVERAGE)
  target_compile_options(cqs3_build_settings INTERFACE --coverage)
  target_link_options(cqs3_build_settings INTERFACE --coverage)
endif()

set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_EXTENSIONS OFF)

# cqs3_test(NAME SOURCES file... LINK library...): one GoogleTest program, every TEST known to ctest.
function(cqs3_test name)
  if(NOT CQS3_BUILD_TESTING)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE cqs3_build_settings ${arg_LINK} GTest::gmock GTest::gtest_main)
  set(seconds 120)
  if(CMAKE_CROSSCOMPILING)  # an emulator takes ten times as long
    set(seconds 1200)
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT ${seconds})
  if(NOT TARGET unit_tests)
    add_custom_target(unit_tests)
  endif()
  add_dependencies(unit_tests ${name})
endfunction()

# cqs3_runnable(VARIABLE TARGET): the path of a program that is TARGET, run by the emulator after a cross build.
function(cqs3_runnable variable target)
  set(path $<TARGET_FILE:${target}>)
  if(CMAKE_CROSSCOMPILING)
    set(path ${PROJECT_BINARY_DIR}/emulated-${target})
    list(JOIN CMAKE_CROSSCOMPILING_EMULATOR " " emulator)
    get_property(made GLOBAL PROPERTY cqs3_emulated)
    if(NOT target IN_LIST made)
      set_property(GLOBAL APPEND PROPERTY cqs3_emulated ${target})
      file(GENERATE OUTPUT ${path} CONTENT "#!/bin/sh\nexec ${emulator} $<TARGET_FILE:${target}> \"$@\"\n"
        FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
    endif()
  endif()
  set(${variable} ${path} PARENT_SCOPE)
endfunction()
