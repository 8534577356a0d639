import Core
import Foundation
import Processes
import TandemLab
import TandemTesting
import Testing

/// Faxes that are sent in a scene: the far end is Asterisk itself.
extension Scene {
    /// Numbers of context `fax-test`. `receive-…` takes a fax into a file of that name, over audio; `t38-…` the same over
    /// SIP, where both ends speak T.38. It asks for T.38 a second after its answer: a fax machine's tones come first too.
    private static func dialplan(_ folder: URL) -> String {
        """
        [fax-test]
        exten => _receive-.,1,Set(TEST_NAME=${EXTEN})
         same => n,Answer()
         same => n,Set(FAXOPT(localstationid)=far end)
         same => n,Wait(4)
         same => n,ReceiveFAX(\(folder.path)/${EXTEN}.tif,f)
         same => n,Hangup()
        exten => _t38-.,1,Dial(PJSIP/receive-${EXTEN}@faxloop)
        exten => h,1,ExecIf($["${FAXMODE}" != ""]?System(echo ${FAXMODE} > \(folder.path)/mode-${TEST_NAME}))
        exten => busy,1,Busy(5)
        exten => declined,1,Hangup(21)
        exten => gone,1,Dial(PJSIP/nothing@faxloop)
        exten => nobody,1,Ringing()
         same => n,Wait(3600)
        exten => silent,1,Answer()
         same => n,Wait(3600)
        exten => short,1,Answer()
         same => n,Wait(2)
         same => n,Hangup()
        """
    }

    /// A scene with that dialplan, and Tandem's documents in a folder of the test's own.
    /// - Parameter way: Standalone, or with the platform's services around it.
    static func sendingFaxes(
        _ way: Way = .standalone,
        _ faxes: [String: JSONValue] = [:],
        _ body: (Scene, URL) async throws -> Void
    ) async throws {
        let lab = try LabEnvironment()
        _ = try? await SQLWitness(lab).rows("DELETE FROM gateway.aggregate WHERE kind = 'sent_fax'")
        let folder = try lab.makeFolder("sent-faxes")
        let file = lab.state.appendingPathComponent("etc/extensions_extra.conf")
        try dialplan(folder).write(to: file, atomically: true, encoding: .utf8)
        var keys = faxes
        keys["sent_folder"] = .string(folder.appendingPathComponent("spool").path)
        try await play(way, ["faxes": .object(keys), "calls": ["open_contexts": ["fax-test"]]]) { scene in
            try await scene.reloadDialplan()
            try await body(scene, folder)
        }
        try? FileManager.default.removeItem(at: file)
    }

    /// Lets Asterisk read a dialplan that a test has added.
    func reloadDialplan() async throws {
        let client = RESTClient(
            "http://127.0.0.1:\(lab.httpPort)/ari",
            headers: ["Authorization": "Basic \(Data("lab:lab".utf8).base64EncodedString())"]
        )
        #expect(try await client.put("/asterisk/modules/pbx_config.so").status == 204)
    }

    /// Posts a PDF.
    func sendFax(_ extension: String, _ pdf: Data, _ more: String = "") async throws -> RESTAnswer {
        try await rest.send(
            "POST",
            "/faxes?context=fax-test&extension=\(`extension`)\(more)",
            bytes: pdf,
            mediaType: "application/pdf",
            within: .seconds(90)
        )
    }

    /// The id of a fax that was taken.
    func fax(to number: String, pages: Int, _ more: String = "") async throws -> String {
        let answer = try await sendFax(number, PDFDocument.make(pages: pages), more)
        guard answer.status == 201, let id = answer.body?["id"]?.string else {
            throw LabFailure.answer("\(answer.status) \(answer.text)")
        }
        return id
    }

    /// The event that ends a fax: `succeeded`, or `failed` with its error.
    func end(of fax: String, within limit: Duration = .seconds(60)) async throws -> String {
        try await eventually("the end of a fax is published", within: limit) {
            if await bus.events("fax_outbound_succeeded").contains(where: { $0.data?["id"]?.string == fax }) {
                return "succeeded"
            }
            let failed = await bus.events("fax_outbound_failed").first { $0.data?["id"]?.string == fax }
            return failed.map { "failed \($0.data?["error"]?.string ?? "")" }
        }
    }

    /// Events of a fax, in order.
    func events(of fax: String) async -> [String] {
        var names: [String] = []
        for name in ["created", "succeeded", "failed"] {
            names += await bus.events("fax_outbound_\(name)").filter { $0.data?["id"]?.string == fax }.map { _ in name }
        }
        return names
    }

}

/// Whether two TIFFs have the same pages, pixel by pixel.
func hasSamePixels(_ one: URL, _ other: URL) async throws -> Bool {
    let outcome = try await ProcessRunner(width: 1).run(
        ProcessRequest("/usr/bin/tiffcmp", ["-t", one.path, other.path])
    )
    if !outcome.isSuccess { print(String(decoding: outcome.output, as: UTF8.self)) }
    return outcome.isSuccess
}
