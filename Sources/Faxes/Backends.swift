import Core
import Foundation
import Processes

// One way of delivering each; their arguments are observed by sites that wrap the programs (contract 30 §8.4).

extension BackendDelivery {
    /// By e-mail, as a PDF.
    func send(_ fax: FaxDocument, by mail: FaxConfiguration.Mail, _ programs: FaxConfiguration.Programs) async throws {
        guard fax.email.consists(of: { !$0.isControl }) else {
            throw DeliveryFailure(cause: "no e-mail address", isPermanent: true)
        }
        // A line feed in a subject would begin another header.
        let subject = FaxConfiguration.render(mail.subject, number: fax.number)
            .replacing(scalars: \.isControl, by: " ")
        let content = FaxConfiguration.render(mail.content, number: fax.number)
        try await withFile(fax, asPDF: true, programs) { pdf in
            try await run(
                programs.mutt,
                [
                    "-e", "set copy=no", "-e", "set from=\(MuttWord.bare(mail.from))", "-e",
                    "set realname=\(MuttWord.quoted(mail.realName))",
                    "-e", "set use_from=yes", "-s", subject, "-a", pdf, "--", fax.email,
                ],
                input: Array(content.utf8)
            )
        }
    }

    /// On paper.
    func print(
        _ fax: FaxDocument,
        on printer: FaxConfiguration.Printer,
        _ programs: FaxConfiguration.Programs
    ) async throws {
        try await withFile(fax, asPDF: printer.convertsToPDF, programs) { file in
            try await run(programs.lp, ["-s"] + (printer.name.map { ["-d", $0] } ?? []) + [file])
        }
    }

    /// On an FTP server: passive, binary, one connection, `CWD` to the directory, `STOR` under the file's name.
    func store(_ fax: FaxDocument, on server: FaxConfiguration.FTP, _ programs: FaxConfiguration.Programs) async throws
    {
        try await withFile(fax, asPDF: server.convertsToPDF, programs) { file in
            // curl reads everything from its standard input: the list of processes shows no password.
            let seconds = max(Int(limit.components.seconds), 1)
            let input = CurlUpload(file: file, server: server, seconds: seconds).text
            try await run(programs.curl, ["-q", "-K", "-"], input: Array(input.utf8), secret: server.password)
        }
    }
}

/// Values of `set` as mutt reads them (mutt 2.2, `mutt_extract_token`): a word ends at a blank, and nothing means
/// anything between single quotes.
enum MuttWord {
    /// Between single quotes; one of the text's own stands outside of them, behind a backslash.
    static func quoted(_ text: String) -> String {
        "'" + text.keeping { !$0.isControl }.replacing(text: "'", by: #"'\''"#) + "'"
    }

    /// As it is where sites know it so: an address without a name; anything else between quotes.
    static func bare(_ text: String) -> String {
        text.consists { $0.isWordOfASCII || ".@_+-".unicodeScalars.contains($0) } ? text : quoted(text)
    }
}

/// What curl is told (curl 7.88, `curl(1)`, option `--config`).
struct CurlUpload {
    let file: String
    let server: FaxConfiguration.FTP
    let seconds: Int

    var text: String {
        let lines = [
            ("url", url), ("user", "\(server.username):\(server.password)"), ("upload-file", file),
            // one CWD with the directory as it is configured
            ("ftp-method", "singlecwd"), ("proto", "=ftp"), ("noproxy", "*"),
            ("connect-timeout", String(min(seconds, 20))), ("max-time", String(seconds)),
        ]
        let flags = ["disable-epsv", "globoff", "silent", "show-error"]
        return (lines.map { "\($0) = \"\(Self.escaped($1))\"" } + flags).joined(separator: "\n") + "\n"
    }

    private var url: String {
        let host = server.host.holds(anyOf: ":") ? "[\(server.host)]" : server.host
        let name = file.parts(separatedBy: "/").last ?? file
        // The path of an FTP URL is relative to where the login leads; an absolute one begins with %2F.
        let folder = server.directory.map { Self.encoded($0) + "/" } ?? ""
        return "ftp://\(host):\(server.port)/\(folder)\(Self.encoded(name))"
    }

    private static func encoded(_ text: String) -> String {
        var kept = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
        // A slash within a path is one; a leading one is part of the first name.
        kept.insert("/")
        let encoded = text.addingPercentEncoding(withAllowedCharacters: kept) ?? text
        return encoded.suffix(after: "/").map { "%2F" + $0 } ?? encoded
    }

    private static func escaped(_ text: String) -> String {
        let escapes: [Unicode.Scalar: String] = ["\\": "\\\\", "\"": "\\\"", "\n": "\\n", "\r": "\\r", "\t": "\\t"]
        return text.unicodeScalars.map { escapes[$0] ?? String(scalars: [$0]) }.joined()
    }
}
