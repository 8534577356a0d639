/// What Asterisk is told when a file has changed (contract 44 §1).
public enum AsteriskReload {
    /// The console command that makes Asterisk read a file again; `nil` for a file that it reads at its start only.
    public static func command(for file: String) -> String? {
        switch file {
        case "rtp.conf": "module reload res_rtp_asterisk.so"
        case "hep.conf": "module reload res_hep.so"
        case "musiconhold.conf": "moh reload"
        case "features.conf": "module reload features"
        case "confbridge.conf": "module reload app_confbridge.so"
        case "voicemail.conf": "voicemail reload"
        case "iax.conf": "iax2 reload"
        case "pjsip.conf": "module reload res_pjsip.so"
        case "extensions.conf": "dialplan reload"
        case "queues.conf": "module reload app_queue.so"
        case "res_parking.conf": "module reload res_parking.so"
        default: nil
        }
    }

    /// The commands for changed files, in an order in which nothing refers to what is not loaded yet.
    public static func commands(for files: [String]) -> [String] { files.compactMap(command(for:)) }
}
