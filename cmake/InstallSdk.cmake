# Installs the SDK as the package `cloudquery`: cloudquery::cloudquery, and cloudquery::testing as the
# component `testing`. All of it is the install component `sdk`. Proven by tests/install.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/cloudquery)

function(cqs3_install_headers folder)
  list(TRANSFORM ARGN PREPEND ${PROJECT_SOURCE_DIR}/sdk/cloudquery/${folder}/)
  install(FILES ${ARGN} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cloudquery/${folder} COMPONENT sdk)
endfunction()

cqs3_install_headers(log logger.h printable.h stream_logger.h)
cqs3_install_headers(schema extension_types.h filter.h table.h)
cqs3_install_headers(wire ipc.h)
cqs3_install_headers(state client.h state.h)
cqs3_install_headers(metrics metrics_endpoint.h)
cqs3_install_headers(serve error_kind.h health.h serve.h server.h source_plugin.h)
install(TARGETS cloudquery EXPORT cloudqueryTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT sdk)
install(EXPORT cloudqueryTargets NAMESPACE cloudquery:: DESTINATION ${package_dir} COMPONENT sdk)

if(TARGET cloudquery_testing)
  cqs3_install_headers(testing arrow_matchers.h fake_state_backend.h plugin_client.h recording_logger.h
    recording_sink.h source_suite.h void_plugin.h)
  set_target_properties(cloudquery_testing PROPERTIES EXPORT_NAME testing)
  install(TARGETS cloudquery_testing EXPORT cloudqueryTestingTargets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT sdk)
  install(EXPORT cloudqueryTestingTargets
    NAMESPACE cloudquery:: DESTINATION ${package_dir} COMPONENT sdk)
endif()

configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/cloudqueryConfig.cmake.in ${PROJECT_BINARY_DIR}/cloudqueryConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/cloudqueryConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/cloudqueryConfig.cmake
  ${PROJECT_BINARY_DIR}/cloudqueryConfigVersion.cmake
  ${PROJECT_SOURCE_DIR}/cmake/FindArrowAndParquet.cmake
  ${PROJECT_SOURCE_DIR}/cmake/FindGrpcUnsecure.cmake
  DESTINATION ${package_dir} COMPONENT sdk)
