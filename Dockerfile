# syntax=docker/dockerfile:1
# Node and the dependencies come from the official image. The final image has that Node on a base without a shell and a package manager.
# To pin the bases, append their digests: node:24-bookworm-slim@sha256:…
ARG NODE_IMAGE=node:24-bookworm-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot

FROM ${NODE_IMAGE} AS build
WORKDIR /opt/signet
COPY package.json package-lock.json .npmrc ./
# Without optional packages, which are Node binaries for machines without Node 24.
RUN npm ci --omit=dev --omit=optional && mkdir -p /empty
COPY bin bin
COPY deploy/healthcheck.mjs deploy/healthcheck.mjs
COPY src src
COPY views views
COPY locales locales
# Compiles in advance, as the user of the image, because compiled modules are kept for each user separately. The final image has them as
# files of root: Signet reads them and cannot write them. On another kind of processor it compiles at each start.
RUN mkdir -p node_modules/.cache/signet && chown 65532:65532 node_modules/.cache/signet
USER 65532:65532
RUN node bin/signet.js precompile && chmod -R a+rX node_modules/.cache/signet

FROM ${RUNTIME_IMAGE}
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build --chown=0:0 /opt/signet /opt/signet
# Mount point for a volume with database, keys and signet.yaml.
COPY --from=build --chown=65532:65532 --chmod=0700 /empty /srv/signet
WORKDIR /srv/signet
USER 65532:65532
# glibc keeps freed memory in one arena per thread. Two arenas are enough, and save about 60 MiB per process.
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=2 \
    SIGNET_HOST=0.0.0.0
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["/usr/local/bin/node", "/opt/signet/deploy/healthcheck.mjs"]
ENTRYPOINT ["/usr/local/bin/node", "/opt/signet/bin/signet.js"]
CMD ["serve"]
