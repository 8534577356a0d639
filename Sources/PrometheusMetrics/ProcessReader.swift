import Glibc

/// What `/proc/self/stat` says of the process.
struct ProcessStatistics: Equatable {
    var cpuSeconds: Double
    var threads: Double
    /// Seconds between the start of the system and that of the process.
    var startedAfterBoot: Double
    var virtualBytes: Double
    var residentBytes: Double

    /// Reads the line; `nil` when it is not one. Field numbers are those of proc(5).
    /// - Parameters:
    ///   - ticks: Clock ticks in a second.
    ///   - pageSize: Bytes of a page.
    init?(stat: String, ticks: Double, pageSize: Double) {
        // The second field is the program's name in parentheses, which may hold spaces and parentheses itself.
        guard let end = stat.utf8.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = stat.utf8[end...].dropFirst().split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
        func field(_ number: Int) -> Double? { number - 3 < fields.count ? Double(Substring(fields[number - 3])) : nil }
        guard let user = field(14), let system = field(15), let threads = field(20), let start = field(22),
            let size = field(23), let resident = field(24)
        else { return nil }
        cpuSeconds = (user + system) / ticks
        self.threads = threads
        startedAfterBoot = start / ticks
        virtualBytes = size
        residentBytes = resident * pageSize
    }
}

/// Reads the process' own figures. The files are in the kernel's memory: reading them takes microseconds and does
/// not wait for a disk.
struct ProcessReader: Sendable {
    private let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    private let pageSize = Double(sysconf(Int32(_SC_PAGESIZE)))
    /// When the system started, in seconds since 1970; it does not change.
    private let bootTime: Double?

    private static let help: [(MetricKind, String, String)] = [
        (.counter, "process_cpu_seconds_total", "User and system CPU time spent, in seconds."),
        (.gauge, "process_resident_memory_bytes", "Resident memory size in bytes."),
        (.gauge, "process_virtual_memory_bytes", "Virtual memory size in bytes."),
        (.gauge, "process_start_time_seconds", "Start time of the process in seconds since 1970."),
        (.gauge, "process_threads", "Threads of the process."),
        (.gauge, "process_open_fds", "Open file descriptors."),
        (.gauge, "process_max_fds", "File descriptors that may be open at most."),
    ]

    init() {
        let line = Self.contents("/proc/stat")?.utf8.split(separator: UInt8(ascii: "\n"))
            .first { $0.starts(with: "btime ".utf8) }
        bootTime = line.flatMap { Double(Substring($0.dropFirst("btime ".utf8.count))) }
    }

    /// Writes the figures of now into the table; what cannot be read is left out.
    func update(_ table: SeriesTable) {
        let values = values()
        for (kind, name, help) in Self.help {
            guard let value = values[name] else { continue }
            table.describe(name, help)
            switch table.series(kind, name, []) {
            case .counter(let series): series.set(value)
            case .gauge(let series): series.set(value)
            default: break
            }
        }
    }

    private func values() -> [String: Double] {
        var values: [String: Double] = [:]
        let stat = Self.contents("/proc/self/stat")
        if let now = stat.flatMap({ ProcessStatistics(stat: $0, ticks: ticks, pageSize: pageSize) }) {
            values["process_cpu_seconds_total"] = now.cpuSeconds
            values["process_resident_memory_bytes"] = now.residentBytes
            values["process_virtual_memory_bytes"] = now.virtualBytes
            values["process_threads"] = now.threads
            if let bootTime { values["process_start_time_seconds"] = bootTime + now.startedAfterBoot }
        }
        values["process_open_fds"] = Self.openDescriptors()
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            values["process_max_fds"] = Double(limit.rlim_cur)
        }
        return values
    }

    /// Entries of `/proc/self/fd`, but for `.`, `..` and the descriptor that reads them.
    private static func openDescriptors() -> Double? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return Double(max(count - 3, 0))
    }

    /// A file of `/proc`, whose size is not known before it is read.
    private static func contents(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = read(file, &part, part.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count == 0 ? String(decoding: bytes, as: UTF8.self) : nil }
            bytes += part[..<count]
        }
    }
}
