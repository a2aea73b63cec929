// SPDX-License-Identifier: Apache-2.0

/// HAProxy's words for `global` that do nothing here, each group with the reason.
enum RetiredGlobalKeywords {
    static let all: [Keyword<ApplianceSettings>] =
        Keyword.ignored(
            "daemon",
            "user",
            "group",
            "uid",
            "gid",
            "chroot",
            "pidfile",
            "ulimit-n",
            "fd-hard-limit",
            "unix-bind",
            "set-dumpable",
            "strict-limits",
            "insecure-setuid-wanted",
            "insecure-fork-wanted",
            "master-worker",
            "mworker-max-reloads",
            "mworker-prefer-reuse-port",
            "default-path",
            because: "the service's unit decides it"
        )
        + Keyword.ignored(
            "nbproc",
            "cpu-map",
            "numa-cpu-mapping",
            "thread-groups",
            "thread-group",
            "maxpipes",
            "tune.*",
            "noepoll",
            "nopoll",
            "nokqueue",
            "noevports",
            "nosplice",
            "nogetaddrinfo",
            "noreuseport",
            "busy-polling",
            "spread-checks",
            "max-spread-checks",
            "profiling.*",
            "no-memory-trimming",
            "maxzlibmem",
            "maxcomprate",
            "maxcompcpuusage",
            "limited-quic",
            "shm-stats-file",
            "shm-stats-file-max-objects",
            "stats bind-process",
            because: "tuning only"
        )
        + Keyword.ignored(
            "quiet",
            "debug",
            "zero-warning",
            "expose-experimental-directives",
            "expose-deprecated-directives",
            "localpeer",
            "lua-*",
            "wurfl-*",
            "51degrees-*",
            "deviceatlas-*",
            "h1-*",
            "h2-*",
            "httpclient.*",
            "http-*",
            "external-check",
            "pp2-never-send-local",
            "server-state-base",
            "server-state-file",
            "set-var",
            "set-var-fmt",
            "grace",
            "dns-accept-family",
            "warn-blocked-traffic-after",
            because: "it has no meaning here"
        )
        + Keyword.ignored(
            "ca-base",
            "crt-base",
            "ssl-*",
            "issuers-chain-path",
            "maxsslconn",
            "maxsslrate",
            "key-base",
            because: "there is no TLS in this version"
        )
        + Keyword.unsupported(
            "maxconnrate",
            "maxsessrate",
            so: "the service works without it"
        )
        + Keyword.unsupported("cluster-secret", secret: true, so: "the service works without it")
        + Keyword.refused(
            "setenv",
            "presetenv",
            "resetenv",
            "unsetenv",
            because: "variables come from the service's unit"
        )
}
