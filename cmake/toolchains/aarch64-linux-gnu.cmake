# Cross-compiles for Linux on arm64 with the distribution's compiler and what `scripts/bootstrap arm64` puts
# below $CQS3_DEPS/arm64: the distribution's arm64 packages (root), Arrow and the AWS Common Runtime.
if(DEFINED ENV{CQS3_DEPS})
  set(CQS3_DEPS $ENV{CQS3_DEPS}/arm64)
else()
  set(CQS3_DEPS $ENV{HOME}/.cache/cq-source-s3/arm64)
endif()
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_SYSROOT ${CQS3_DEPS}/root)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
# The compiler has a C library of its own, which lags behind the distribution's.
set(CMAKE_EXE_LINKER_FLAGS_INIT -L${CMAKE_SYSROOT}/usr/lib/aarch64-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static;-L;${CMAKE_SYSROOT})

set(CMAKE_FIND_ROOT_PATH ${CQS3_DEPS})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)  # what is run here is this machine's
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${CMAKE_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${CMAKE_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig)
