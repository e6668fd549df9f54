# syntax=docker/dockerfile:1
# One base for all stages. To pin it by content too: --build-arg NODE_IMAGE=node:24.21.0-slim@sha256:…
ARG NODE_IMAGE=node:24.21.0-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY .build.mjs ./
COPY src src
RUN npm run -s build

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="mailclip" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY config config
COPY package.json LICENSE ./
# The ledger and the spool live in data. Everything else but /tmp may be read-only.
RUN install -d -o 1000 -g 1000 -m 0700 data && ln -s /app/dist/bin.js /usr/local/bin/mailclip
# The user "node" of the base image, as a number: so Kubernetes can tell that it is not root.
USER 1000:1000
VOLUME ["/app/data"]
EXPOSE 8025
# mailclip handles SIGTERM itself, as process 1 too, and reaps its children: no init is needed.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["mailclip", "health"]
ENTRYPOINT ["node", "/app/dist/bin.js"]
CMD ["run"]
