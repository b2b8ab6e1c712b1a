# The plugin as a container image: the program, the libraries it loads, CA certificates. No distribution,
# no shell, nothing to write to.
#
#   make docker-build
#   docker run --rm -p 7777:7777 cq-source-s3
#
# BUILD_BASE is only built in: any Debian 12 or Ubuntu 24.04 image does. It is one of the machine that builds:
# for another platform it cross-compiles, which a machine of amd64 does for arm64.
ARG BUILD_BASE=debian:12-slim

FROM --platform=$BUILDPLATFORM ${BUILD_BASE} AS build
ARG BUILDARCH
ARG TARGETARCH
WORKDIR /src
COPY versions.env ./
COPY scripts/bootstrap scripts/foreign_root scripts/usage scripts/
COPY cmake/toolchains cmake/toolchains/
RUN [ "$TARGETARCH" = "$BUILDARCH" ] && level=package || level=$TARGETARCH; scripts/bootstrap "$level"
COPY . .
ARG CQS3_VERSION=
ARG SOURCE_DATE_EPOCH=0
RUN --mount=type=cache,target=/root/.cache/ccache \
    [ "$TARGETARCH" = "$BUILDARCH" ] && preset=release || preset=release-$TARGETARCH \
 && cmake --preset "$preset" "-DCQS3_VERSION=$CQS3_VERSION" \
 && cmake --build --preset "$preset" --target cq-source-s3 launcher \
 && packaging/package.py --build "build/$preset" --only tree --to /package

# The packages of the same build: docker build --target packages --output build/package .
FROM build AS pack
ARG SOURCE_DATE_EPOCH=0
RUN packaging/package.py --build build/release* --to /packages
FROM scratch AS packages
COPY --from=pack /packages/*.tar.gz /packages/*.deb /packages/*.spdx.json /packages/cq-source-s3-onefile-* /

FROM build AS root
# What a root file system needs beside the program: who nobody is, how names are resolved, whom TLS trusts
# (what the distribution trusts, not what was added to the machine that builds).
RUN mkdir -p /root-fs/etc/ssl/certs /root-fs/home/nonroot \
 && echo 'nonroot:x:65532:65532::/home/nonroot:/sbin/nologin' >/root-fs/etc/passwd \
 && echo 'nonroot:x:65532:' >/root-fs/etc/group \
 && echo 'hosts: files dns' >/root-fs/etc/nsswitch.conf \
 && cat /usr/share/ca-certificates/mozilla/*.crt >/root-fs/etc/ssl/certs/ca-certificates.crt

FROM scratch
COPY --from=root /root-fs/ /
COPY --from=build /package/tree/ /usr/
USER 65532:65532
# Where a mounted .aws folder is looked for: -v ~/.aws:/home/nonroot/.aws:ro
ENV HOME=/home/nonroot
EXPOSE 7777
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s CMD ["/usr/bin/cq-source-s3", "health"]
ENTRYPOINT ["/usr/bin/cq-source-s3"]
CMD ["serve", "--address", "[::]:7777"]
ARG CQS3_VERSION=
ARG REVISION=
ARG SOURCE_URL=
LABEL org.opencontainers.image.title="cq-source-s3" \
      org.opencontainers.image.description="CloudQuery source plugin for Parquet files in S3" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${CQS3_VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE_URL}"
