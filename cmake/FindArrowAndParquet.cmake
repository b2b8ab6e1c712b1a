# Targets Arrow::arrow and Parquet::parquet: from a package (vcpkg, conda-forge, apt.arrow), or from the
# pyarrow wheel, which carries the project's own build of the C++ libraries and their headers.
find_package(Arrow CONFIG QUIET)
find_package(Parquet CONFIG QUIET)

if(Arrow_FOUND AND Parquet_FOUND)
  foreach(library Arrow::arrow Parquet::parquet)
    foreach(kind shared static)
      if(NOT TARGET ${library} AND TARGET ${library}_${kind})
        add_library(${library} INTERFACE IMPORTED)
        target_link_libraries(${library} INTERFACE ${library}_${kind})
      endif()
    endforeach()
  endforeach()
  return()
endif()

file(GLOB wheel ${CQS3_DEPS}/python/lib/python3*/site-packages/pyarrow)
if(NOT wheel)
  message(FATAL_ERROR "Arrow C++ not found: install it, or run scripts/bootstrap build")
endif()
file(STRINGS ${wheel}/include/arrow/util/config.h so_line REGEX "define ARROW_SO_VERSION")
string(REGEX MATCH "[0-9]+" so_version ${so_line})
foreach(library arrow parquet)
  string(SUBSTRING ${library} 0 1 first)
  string(TOUPPER ${first} first)
  string(SUBSTRING ${library} 1 -1 rest)
  set(target ${first}${rest}::${library})
  add_library(${target} SHARED IMPORTED)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION ${wheel}/lib${library}.so.${so_version}
    INTERFACE_INCLUDE_DIRECTORIES ${wheel}/include)
endforeach()
set_target_properties(Parquet::parquet PROPERTIES INTERFACE_LINK_LIBRARIES Arrow::arrow)
