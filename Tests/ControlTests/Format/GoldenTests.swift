// SPDX-License-Identifier: Apache-2.0
// why: the captures pin several files at once.

import Control
import Statistics
import Testing

/// What is pinned to captures of HAProxy 2.6.12: names, order, tags, and which row leaves which column empty.
@Suite struct GoldenTests {
    private static let header: String = [
        "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,",
        "act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,",
        "rate_max,check_status,check_code,check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,",
        "hanafail,req_rate,req_rate_max,req_tot,cli_abrt,srv_abrt,comp_in,comp_out,comp_byp,comp_rsp,lastsess,",
        "last_chk,last_agt,qtime,ctime,rtime,ttime,agent_status,agent_code,agent_duration,check_desc,agent_desc,",
        "check_rise,check_fall,check_health,agent_rise,agent_fall,agent_health,addr,cookie,mode,algo,conn_rate,",
        "conn_rate_max,conn_tot,intercepted,dcon,dses,wrew,connect,reuse,cache_lookups,cache_hits,srv_icur,src_ilim,",
        "qtime_max,ctime_max,rtime_max,ttime_max,eint,idle_conn_cur,safe_conn_cur,used_conn_cur,need_conn_est,uweight,",
        "agg_server_status,agg_server_check_status,agg_check_status,-,ssl_sess,ssl_reused_sess,ssl_failed_handshake,",
        "h2_headers_rcvd,h2_data_rcvd,h2_settings_rcvd,h2_rst_stream_rcvd,h2_goaway_rcvd,",
        "h2_detected_conn_protocol_errors,h2_detected_strm_protocol_errors,h2_rst_stream_resp,h2_goaway_resp,",
        "h2_open_connections,h2_backend_open_streams,h2_total_connections,h2_backend_total_streams,",
        "h1_open_connections,h1_open_streams,h1_total_connections,h1_total_streams,h1_bytes_in,h1_bytes_out,",
        "h1_spliced_bytes_in,h1_spliced_bytes_out,",
    ].joined()

    @Test func theHeaderIsHAProxys() {
        #expect(StatColumns.header == Self.header)
        #expect(StatColumns.general.count == 103)
    }

    /// A server without checks and traffic, its backend and its frontend, line by line as HAProxy prints them.
    @Test func rowsOfPlainTCPAreHAProxys() {
        var frontend = StatisticsRow(
            kind: .frontend,
            proxy: "ft_smtp",
            service: "FRONTEND",
            proxyID: 2,
            serviceID: 0,
            statistics: ProxyStatistics(),
            status: "OPEN"
        )
        frontend.sessionLimit = 200
        var server = StatisticsRow(
            kind: .server,
            proxy: "bk_smtp",
            service: "m4",
            proxyID: 4,
            serviceID: 4,
            statistics: ProxyStatistics(),
            status: "MAINT"
        )
        server.sessionLimit = 50
        server.weight = 1
        server.active = 1
        server.backup = 0
        server.lastChange = 7
        server.address = "127.0.0.1:32604"
        var backend = StatisticsRow(
            kind: .backend,
            proxy: "bk_smtp",
            service: "BACKEND",
            proxyID: 4,
            serviceID: 0,
            statistics: ProxyStatistics(),
            status: "UP"
        )
        backend.sessionLimit = 20
        backend.weight = 11
        backend.active = 2
        backend.backup = 0
        backend.lastChange = 1
        backend.downtime = 5
        backend.algorithm = "leastconn"
        let lines = StatText.csv(
            [frontend, server, backend],
            StatCircumstances(uptime: 0, showsAddresses: true)
        ).split(separator: "\n").map(String.init)
        let expected: [[String]] = [
            [
                "ft_smtp,FRONTEND,,,0,0,200,0,0,0,0,0,0,,,,,OPEN,,,,,,,,,1,2,0,,,,0,0,0,0,,,,,,,,,,,0,0,0,,,0,0,0,0,,,,,,,,",
                ",,,,,,,,,,,,,tcp,,0,0,0,,0,0,0,,,,,,,,,,,0,,,,,,,,,-,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,",
            ],
            [
                "bk_smtp,m4,0,0,0,0,50,0,0,0,,0,,0,0,0,0,MAINT,1,1,0,,,7,,,1,4,4,,0,,2,0,,0,,,,,,,,,,,,,,0,0,,,,,-1,,,0,0,0,0,,,,",
                ",,,,,,,,127.0.0.1:32604,,tcp,,,,,,,,0,0,0,,,0,,0,0,0,0,0,0,0,0,0,1,,,,-,0,0,0,,,,,,,,,,,,,,,,,,,,,,",
            ],
            [
                "bk_smtp,BACKEND,0,0,0,0,20,0,0,0,0,0,,0,0,0,0,UP,11,2,0,,0,1,5,,1,4,0,,0,,1,0,,0,,,,,,,,,,,,,,0,0,0,0,0,0,-1,,,",
                "0,0,0,0,,,,,,,,,,,,,,tcp,leastconn,,,,,,,0,0,0,,,,,0,0,0,0,0,,,,,11,0,0,0,-,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,",
                "0,0,0,0,0,0,",
            ],
        ]
        #expect(Array(lines.dropFirst()) == expected.map { $0.joined() })
    }

    private static let infoKeys = [
        "Name", "Version", "Release_date", "Nbthread", "Nbproc", "Process_num", "Pid", "Uptime", "Uptime_sec",
        "Memmax_MB", "PoolAlloc_MB", "PoolUsed_MB", "PoolFailed", "Ulimit-n", "Maxsock", "Maxconn", "Hard_maxconn",
        "CurrConns", "CumConns", "CumReq", "MaxSslConns", "CurrSslConns", "CumSslConns", "Maxpipes", "PipesUsed",
        "PipesFree", "ConnRate", "ConnRateLimit", "MaxConnRate", "SessRate", "SessRateLimit", "MaxSessRate", "SslRate",
        "SslRateLimit", "MaxSslRate", "SslFrontendKeyRate", "SslFrontendMaxKeyRate", "SslFrontendSessionReuse_pct",
        "SslBackendKeyRate", "SslBackendMaxKeyRate", "SslCacheLookups", "SslCacheMisses", "CompressBpsIn",
        "CompressBpsOut", "CompressBpsRateLim", "Tasks", "Run_queue", "Idle_pct", "node", "Stopping", "Jobs",
        "Unstoppable Jobs", "Listeners", "ActivePeers", "ConnectedPeers", "DroppedLogs", "BusyPolling",
        "FailedResolutions", "TotalBytesOut", "TotalSplicdedBytesOut", "BytesOutRate", "DebugCommandsIssued",
        "CumRecvLogs", "Build info", "Memmax_bytes", "PoolAlloc_bytes", "PoolUsed_bytes", "Start_time_sec", "Tainted",
    ]

    @Test func infoHasHAProxysKeysInItsOrderThenOurs() {
        let text = Fixtures.run("show info", Fixtures.operations(spool: ListedSpool(count: 2)))
        let keys = text.split(separator: "\n").map { String($0.prefix { $0 != ":" }) }
        #expect(Array(keys.prefix(Self.infoKeys.count)) == Self.infoKeys)
        #expect(keys.dropFirst(Self.infoKeys.count).first == "SpoolHealth")
        #expect(text.contains("\nUptime: 1d 1h01m01s\n"))
        #expect(text.contains("\nnode: relay_one\n"))
        #expect(text.contains("\nCurrConns: 2\nCumConns: 2\nCumReq: 1\n"))
        #expect(text.contains("\nDroppedLogs: 3\n"))
    }

    @Test func typedLinesAreHAProxys() {
        let stat = Fixtures.run("show stat typed").split(separator: "\n")
        #expect(stat.contains("F.2.0.7.stot.1:MCP:u64:2"))
        #expect(stat.contains("F.2.0.33.rate.1:MRP:u32:0"))
        #expect(stat.contains("B.3.0.33.rate.1:MGP:u32:0"))
        #expect(stat.contains("S.3.1.19.act.1:SGP:u32:1"))
        #expect(stat.contains("S.3.1.55.lastsess.1:MAP:s32:-1"))
        #expect(stat.contains("F.2.0.103.ssl_sess.1:MCP:u64:0"))
        #expect(stat.contains("F.2.0.126.h1_spliced_bytes_out.1:MCP:u64:0"))
        let info = Fixtures.run("show info typed").split(separator: "\n")
        #expect(info.first == "0.Name.1:POS:str:relaybox")
        #expect(info.contains("49.Idle_pct.1:MaP:u32:100"))
        #expect(info.contains("61.TotalBytesOut.1:MGP:u64:108"))
        #expect(Fixtures.run("show info typed desc").contains("4.Nbproc.1:CGS:u32:1:\""))
    }

    @Test func jsonIsHAProxys() {
        let stat = Fixtures.run("show stat json")
        let statStart: String = [
            #"[[{"objType":"Frontend","proxyId":2,"id":0,"field":{"pos":0,"name":"pxname"},"processNum":1,"#,
            #""tags":{"origin":"Key","nature":"Name","scope":"Service"},"#,
            #""value":{"type":"str","value":"ft_smtp"}},"#,
        ].joined()
        #expect(stat.hasPrefix(statStart))
        #expect(stat.hasSuffix("}}]]\n"))
        #expect(stat.contains(#""tags":{"origin":"Metric","nature":"Age","scope":"Process"}"#))
        #expect(Fixtures.run("show stat json 9 1 0") == "[]\n")
        let infoStart: String = [
            #"[{"field":{"pos":0,"name":"Name"},"processNum":1,"tags":{"origin":"Product","nature":"Output","#,
            #""scope":"Service"},"value":{"type":"str","value":"relaybox"}},"#,
        ].joined()
        #expect(Fixtures.run("show info json").hasPrefix(infoStart))
    }

    @Test func repliesFillTheResponseColumns() {
        let row = Fixtures.run("show stat 2 1 0").split(separator: "\n")[1]
            .split(separator: ",", omittingEmptySubsequences: false)
        #expect(row[39...44].map(String.init) == ["0", "1", "0", "0", "0", "0"])
        #expect(row[48] == "1")
    }

    @Test func addressesAreNotForEverybody() {
        #expect(Fixtures.run("show stat", level: .operator).contains("127.0.0.1:32601"))
        let text = Fixtures.run("show stat", level: .user)
        #expect(!text.contains("127.0.0.1:32601"))
        #expect(!text.contains("leastconn"))
    }
}
