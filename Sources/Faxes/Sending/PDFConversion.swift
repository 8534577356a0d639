import Foundation
import Processes

/// PDF to the TIFF that Asterisk sends, by Ghostscript with bounds on time, memory and pages (contract 30 §4).
struct PDFConversion: Sendable {
    /// Ghostscript's path.
    let program: String
    let processes: any ProcessRunning
    /// Pages that a document may have.
    let mostPages: Int
    /// How long a conversion may take.
    let limit: Duration

    /// Bytes of memory that Ghostscript may use.
    private static let memory = 1_073_741_824
    /// Bytes of a result: 200 pages of noise have about 30 MB.
    private static let largest = 268_435_456

    /// Converts.
    /// - Returns: Pages; `nil` when the document cannot be converted, or has too many pages.
    /// - Throws: `ProcessFailure` when Ghostscript cannot be started; `CancellationError`.
    func convert(_ pdf: String, to tiff: String) async throws -> Int? {
        let seconds = max(1, Int(limit / .seconds(1)))
        let outcome = try await processes.run(
            ProcessRequest(
                "/usr/bin/prlimit",
                [
                    "--as=\(Self.memory)", "--cpu=\(seconds)", "--fsize=\(Self.largest)", "--core=0", program, "-q",
                    "-sDEVICE=tiffg3", "-dNOPAUSE", "-dSAFER", "-dBATCH", "-dFIXEDMEDIA", "-sPAPERSIZE=a4",
                    // One page more than may be, so that too many are seen and a million are not rendered.
                    "-r209.10x98", "-dLastPage=\(mostPages + 1)", "-sOutputFile=\(Self.literal(tiff))", "-f", pdf,
                ],
                environment: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TMPDIR": folder(of: tiff)],
                limit: limit,
                outputLimit: 65_536
            )
        )
        guard outcome.isSuccess, !Self.saysPageIsMissing(outcome.output),
            let data = FileManager.default.contents(atPath: tiff)
        else { return nil }
        let pages = TIFFPages.count(data)
        return (1...mostPages).contains(pages) ? pages : nil
    }

    /// Ghostscript ends with status 0 where a page could not be drawn, or not be written to a full disk: half a fax must
    /// not pass for a whole one.
    private static func saysPageIsMissing(_ output: [UInt8]) -> Bool {
        String(decoding: output, as: UTF8.self).contains("page will be missing in the output")
    }

    /// `%d` in the name of an output file would be the page's number.
    private static func literal(_ path: String) -> String { path.replacing("%", with: "%%") }

    private func folder(of path: String) -> String { (path as NSString).deletingLastPathComponent }
}
