// SPDX-License-Identifier: Apache-2.0

package import Statistics

/// Prints `show servers state` (HAProxy's server state file, version 1) and `show servers conn`.
package enum ServerStateText {
    /// The first two lines of the state dump.
    package static let header = """
        1
        # be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight \
        srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state \
        bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr \
        srv_agent_addr srv_agent_port

        """

    /// One line a server, 25 words.
    package static func state(_ rows: [ServerStateRow]) -> String {
        header
            + rows.map { row in
                "\(row.backendID) \(PlainText.word(row.backend)) \(row.serverID) \(PlainText.word(row.server))"
                    + " \(PlainText.word(row.address)) \(row.operationalState) \(row.administrativeState)"
                    + " \(row.userWeight) \(row.initialWeight) \(max(0, row.sinceLastChange)) \(row.checkStatus)"
                    + " \(row.checkResult) \(row.checkHealth) \(row.checkState) 0 0 0 - \(row.port) - 0 0 - - 0\n"
            }.joined()
    }

    /// One line a server with its connections; idle ones do not exist here.
    package static func connections(_ rows: [ServerStateRow], _ statistics: [StatisticsRow]) -> String {
        var gauges: [String: Gauge] = [:]
        for row in statistics where row.kind == .server {
            gauges["\(row.proxy)/\(row.service)"] = row.statistics.sessions
        }
        let header =
            "# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb safe_nb idle_lim "
            + "idle_cur idle_per_thr[1]\n"
        return header
            + rows.map { row in
                let name = "\(row.backend)/\(row.server)"
                let used = gauges[name]?.current ?? 0
                return "\(PlainText.word(name)) \(row.backendID)/\(row.serverID) \(PlainText.word(row.address))"
                    + " \(row.port) - 0 \(used) \(gauges[name]?.maximum ?? 0) \(used) 0 0 0 0 0\n"
            }.joined()
    }
}
