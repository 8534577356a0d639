import Core

/// Where faxes go: the content of `xivo_fax.conf` (contract 30 §8.3).
struct FaxConfiguration: Sendable, Hashable {
    /// Paths of the programs that we run.
    struct Programs: Sendable, Hashable {
        var tiff2pdf = "/usr/bin/tiff2pdf"
        var mutt = "/usr/bin/mutt"
        var lp = "/usr/bin/lp"
        /// Ours: the reference speaks FTP itself.
        var curl = "/usr/bin/curl"
    }

    /// Sends the fax as a PDF by e-mail.
    struct Mail: Sendable, Hashable {
        /// `%(dstnum)s` stands for the called number.
        var subject: String
        /// The text of `content_file`, as it was when the configuration was read.
        var content: String
        var from: String
        var realName: String
    }

    /// Prints the fax.
    struct Printer: Sendable, Hashable {
        /// `nil`: the default printer.
        var name: String?
        var convertsToPDF: Bool
    }

    /// Stores the fax on an FTP server.
    struct FTP: Sendable, Hashable {
        var host: String
        var port: Int
        var username: String
        var password: String
        var directory: String?
        var convertsToPDF: Bool
    }

    /// Where a fax can go.
    enum Backend: Sendable, Hashable {
        case mail(Mail), printer(Printer), ftp(FTP)
        /// Its section has a mistake: faxes to it wait until that is corrected, the others work.
        case disabled(cause: String)
    }

    private(set) var programs = Programs()
    /// Whether faxes whose reception broke off are delivered as far as they came (ours; 0 unless it is given).
    private(set) var deliversIncomplete = false
    /// Backends by the names of their sections.
    private(set) var backends: [String: Backend] = [:]
    /// Names of backends by number, `default` for all others.
    private var destinations: [String: [String]] = [:]
    /// Mistakes, one line each. Of values only names of backends are told: another may be a password.
    private(set) var faults: [String] = []

    /// - Parameter content: Reads a `content_file`.
    init(_ file: INIFile, content: (_ path: String) -> Result<String, TextFileFault>) {
        faults += file.faults.map { "\($0.halves(at: ":")?.before ?? ""): neither section nor value" }
        var sections: [String: [String: String]] = [:]
        for section in file.sections { sections[section.name, default: [:]].merge(section.values) { $1 } }
        for (name, values) in sections.sorted(by: { $0.key < $1.key }) {
            var options = FaxSection(name: name, values: values)
            switch name {
            case "general": readPrograms(&options)
            case _ where name.begins(with: "mail"): backends[name] = options.backend { Self.mail(&$0, content) }
            case _ where name.begins(with: "printer"): backends[name] = options.backend(Self.printer)
            case _ where name.begins(with: "ftp"): backends[name] = options.backend(Self.ftp)
            default:
                guard let number = name.suffix(after: "dstnum_") else { continue }
                destinations[number] = options.required("dest").parts(separatedBy: ",").map { $0.trimmed() }
                    .filter { !$0.isEmpty }
            }
            faults += options.faults + options.warnings
        }
        dropUnknownBackends()
    }

    /// Nothing goes anywhere.
    static let empty = FaxConfiguration(INIFile("")) { _ in .failure(.missing) }

    /// The backends of a number, in order; `nil` when no section says where its faxes go, or names a backend
    /// that there is.
    func backends(for number: String) -> [String]? {
        guard let names = destinations[number] ?? destinations["default"], !names.isEmpty else { return nil }
        return names
    }

    /// A text with `%(dstnum)s` filled in; a doubled percent sign is one. Any other percent sign stays.
    static func render(_ template: String, number: String) -> String {
        var out = ""
        var rest = template
        while let (before, behind) = rest.halves(at: "%") {
            out += before
            if let filled = behind.suffix(after: "(dstnum)s") {
                out += number
                rest = filled
            } else {
                out += "%"
                rest = behind.suffix(after: "%") ?? behind
            }
        }
        return out + rest
    }

    private mutating func dropUnknownBackends() {
        for (number, names) in destinations.sorted(by: { $0.key < $1.key }) {
            for name in names where backends[name] == nil { faults.append("dstnum_\(number): no backend \(name)") }
            var seen: Set<String> = []
            destinations[number] = names.filter { backends[$0] != nil && seen.insert($0).inserted }
        }
    }

    private mutating func readPrograms(_ options: inout FaxSection) {
        programs.tiff2pdf = options.optional("tiff2pdf") ?? programs.tiff2pdf
        programs.mutt = options.optional("mutt") ?? programs.mutt
        programs.lp = options.optional("lp") ?? programs.lp
        programs.curl = options.optional("curl") ?? programs.curl
        deliversIncomplete = options.flag("deliver_incomplete", default: false)
    }

    private static func mail(
        _ options: inout FaxSection,
        _ content: (String) -> Result<String, TextFileFault>
    ) -> Backend {
        let subject = options.required("subject")
        let path = options.required("content_file")
        var text = ""
        if !path.isEmpty {
            switch content(path) {
            case .success(let found): text = found
            case .failure(let fault): options.fault("content_file \(fault)")
            }
        }
        return .mail(
            Mail(
                subject: subject,
                content: text,
                from: options.required("email_from"),
                realName: options.optional("email_realname") ?? "Wazo Fax"
            )
        )
    }

    private static func printer(_ options: inout FaxSection) -> Backend {
        .printer(Printer(name: options.optional("name"), convertsToPDF: options.flag("convert_to_pdf")))
    }

    private static func ftp(_ options: inout FaxSection) -> Backend {
        let host = options.required("host")
        if !host.unicodeScalars.allSatisfy({ $0.isWordOfASCII || ".-:_".unicodeScalars.contains($0) }) {
            options.fault("host is no host")
        }
        let port = Int(options.optional("port") ?? "21") ?? 0
        if !(1...65_535).contains(port) { options.fault("port must be a number from 1 to 65535") }
        let username = options.required("username")
        if username.holds(anyOf: ":") { options.fault("username must not hold a colon") }
        return .ftp(
            FTP(
                host: host,
                port: port,
                username: username,
                password: options.required("password"),
                directory: options.optional("directory").flatMap { $0.isEmpty ? nil : $0 },
                convertsToPDF: options.flag("convert_to_pdf")
            )
        )
    }
}

/// Reads a section's options one by one: those that are left over are unknown.
private struct FaxSection {
    let name: String
    var values: [String: String]
    /// What makes a backend unusable.
    private(set) var faults: [String] = []
    /// What does not.
    private(set) var warnings: [String] = []

    init(name: String, values: [String: String]) {
        self.name = name
        self.values = values
    }

    mutating func fault(_ text: String) { faults.append("\(name): \(text)") }

    mutating func optional(_ key: String) -> String? { values.removeValue(forKey: key) }

    mutating func required(_ key: String) -> String {
        if let value = optional(key) { return value }
        fault("\(key) is missing")
        return ""
    }

    /// `1` or `0`.
    mutating func flag(_ key: String, default usual: Bool = true) -> Bool {
        switch optional(key) {
        case nil: return usual
        case "1": return true
        case "0": return false
        default:
            warnings.append("\(name): \(key) must be 0 or 1, it counts as \(usual ? 1 : 0)")
            return usual
        }
    }

    mutating func backend(_ read: (inout FaxSection) -> FaxConfiguration.Backend) -> FaxConfiguration.Backend {
        let backend = read(&self)
        for key in values.keys.sorted() { fault("unknown option \(key)") }
        return faults.isEmpty ? backend : .disabled(cause: faults.joined(separator: "; "))
    }
}
