import Foundation
import Postgres
import Testing

@testable import AsteriskConfiguration
@testable import TandemLab

/// `tandem asterisk-config` as it is built, the site's rows, and an Asterisk that reads the files.
@Suite(
    "Generated files in a real Asterisk",
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab"),
    .serialized,
    .timeLimit(.minutes(2))
)
struct RealAsteriskTests {
    /// The program on a database and a folder.
    private struct Tool {
        let program: URL
        let arguments: [String]

        init(
            _ lab: LabEnvironment,
            _ database: TestDatabase,
            _ asterisk: PrivateAsterisk,
            role: String = "tandem_config"
        ) throws {
            program = try lab.program("tandem")
            let configuration = asterisk.folder.appendingPathComponent("tandem.yml")
            let text = "ami: {host: 127.0.0.1, port: \(asterisk.managerPort), username: tandem, secret: tandem}\n"
            try Data(text.utf8).write(to: configuration)
            arguments = [
                "asterisk-config", "-c", configuration.path, "--output", asterisk.generated.path, "--music-folder",
                asterisk.music.path, "--database",
                "postgresql://\(role)@127.0.0.1:\(database.port)/\(database.name)",
            ]
        }

        func run(_ more: String...) async throws -> String { try await Command(program, arguments + more).output() }

        /// What it says when it fails.
        func refusal(_ more: String...) async throws -> String {
            do {
                let text = try await Command(program, arguments + more).output()
                Issue.record("it did not fail: \(text)")
                return text
            } catch LabFailure.program(let text) {
                return text
            }
        }
    }

    private func use(_ body: (TestDatabase, PrivateAsterisk, Tool) async throws -> Void) async throws {
        let lab = try LabEnvironment()
        try await SiteRows.use { database in
            let asterisk = try PrivateAsterisk(in: lab)
            let bind = "127.0.0.1:\(asterisk.sipPort)"
            try await database.pool.query(
                .write("UPDATE public.pjsip_transport_option SET value = $1 WHERE key = 'bind'"),
                [bind]
            )
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(database, asterisk, Tool(lab, database, asterisk)))
            } catch {
                result = .failure(error)
            }
            try await asterisk.remove()
            try result.get()
        }
    }

    @Test("a whole site is loaded without a complaint, and everything is there")
    func wholeSite() async throws {
        try await use { _, asterisk, tool in
            let printed = try await tool.run()
            #expect(printed.contains("changed pjsip.conf"))
            #expect(!printed.contains("iax.conf"))
            try await asterisk.start()
            // Seeds of the platform that Asterisk remarks on.
            let complaints = try asterisk.complaints().filter { !$0.contains("maxsilence should be less than minsecs") }
            #expect(complaints == [])

            let endpoints = try await asterisk.ask("pjsip show endpoints")
            for name in ["ann-phone/1001", "ben-phone/1002", "carrier", "guest"] {
                #expect(endpoints.contains("Endpoint:  \(name) "), "\(name)")
            }
            #expect(endpoints.contains("Objects found: 4"))
            let password = try await asterisk.ask("pjsip show auth ann-phone")
            #expect(password.contains(": a;b;--c\n"))
            let registrations = try await asterisk.ask("pjsip show registrations")
            #expect(registrations.contains("carrier/sip:127.0.0.1:9"))
            let variables = try await asterisk.ask("pjsip show endpoint ann-phone")
            #expect(variables.contains(": 1001@site-phones\n"))
            try await dialplan(asterisk)
            try await rooms(asterisk)
        }
    }

    private func dialplan(_ asterisk: PrivateAsterisk) async throws {
        let phones = try await asterisk.ask("dialplan show site-phones")
        for text in [
            "Gosub(user,s,1(11,,101))", "Gosub(group,s,1(7,))", "Park(parkinglot-4)", "'xivo-features'", "'site-out'",
        ] {
            #expect(phones.contains(text), "\(text)")
        }
        #expect(!phones.contains("1003"))
        let menu = try await asterisk.ask("dialplan show xivo-ivr-2")
        #expect(menu.contains("Gosub(forward,s,1(user,11,20;55555555))"))
        let application = try await asterisk.ask("dialplan show 12345@stasis-wazo-app-\(SiteRows.application)")
        #expect(application.contains("Stasis(wazo-app-\(SiteRows.application))"))
        let code = try await asterisk.ask("dialplan show *21123@site-phones")
        #expect(code.contains("Gosub(feature_forward,s,1(unc,${EXTEN:3}))"))
        let globals = try await asterisk.ask("dialplan show globals")
        #expect(globals.contains("WAZO_PAI_FORMAT_carrier=national"))
        let hints = try await asterisk.ask("core show hints")
        for hint in [
            "1001@site-phones ", "4000@site-phones ", "*73511***221*1234@site-phones ", "*3742@site-phones ",
            "8888@site-phones ",
        ] {
            #expect(hints.contains("\n\(hint)"), "\(hint)")
        }
        #expect(!hints.contains("*73512"))
    }

    private func rooms(_ asterisk: PrivateAsterisk) async throws {
        let group = try await asterisk.ask("queue show grp-site")
        #expect(group.contains("in 'ringall' strategy"))
        #expect(group.contains("Local/\(SiteRows.ann)@usersharedlines"))
        let queue = try await asterisk.ask("queue show help")
        #expect(queue.contains("No Members"))
        let boxes = try await asterisk.ask("voicemail show users for site-phones")
        #expect(boxes.contains("Ann Archer"))
        let bridges = try await asterisk.ask("confbridge show profile bridge wazo-bridge-profile-5")
        #expect(bridges.contains("Max Members:"))
        let profiles = try await asterisk.ask("confbridge show profile users")
        #expect(profiles.contains("wazo-admin-profile-5"))
        let lots = try await asterisk.ask("parking show parkinglot-4")
        #expect(lots.contains("Parking Spaces      :  701-709"))
        let music = try await asterisk.ask("moh show classes")
        #expect(music.contains("Class: jazz"))
        let features = try await asterisk.ask("features show")
        #expect(features.contains("togglerecord"))
    }

    @Test("a change is shown, written and loaded, and nothing else is")
    func change() async throws {
        try await use { database, asterisk, tool in
            _ = try await tool.run()
            try await asterisk.start()
            let unchanged = try await tool.run("--check")
            #expect(!unchanged.contains("differs"))

            try await database.pool.session { session in
                try session.run(
                    script: """
                        INSERT INTO public.extensions (id, context, exten, type, typeval)
                        VALUES (200, 'site-phones', '1042', 'queue', '8');
                        UPDATE public.endpoint_sip_section_option SET value = 'hidden-word' WHERE value = 'a;b;--c';
                        """
                )
            }
            let difference = try await tool.refusal("--check")
            #expect(difference.contains("ended with status 1"))
            #expect(difference.contains("+ exten => 1042,1,Gosub(contextlib,internal"))
            #expect(difference.contains("+ password = …"))
            #expect(!difference.contains("hidden-word") && !difference.contains("a\\;b"))
            let planned = try await tool.run("--dry-run")
            #expect(planned.contains("would change pjsip.conf\nwould change extensions.conf\n"))
            let before = try await asterisk.ask("dialplan show 1042@site-phones")
            #expect(before.contains("There is no existence"))

            let written = try await tool.run("--reload")
            #expect(written.contains("changed pjsip.conf\nchanged extensions.conf\n"))
            #expect(written.contains("dialplan reload: ") && !written.contains("app_queue"))
            let after = try await asterisk.ask("dialplan show 1042@site-phones")
            #expect(after.contains("Gosub(queue,s,1(8,))"))
            let parking = try await asterisk.ask("dialplan show 701@site-phones")
            #expect(parking.contains("ParkedCall(parkinglot-4,701)"))
            let password = try await asterisk.ask("pjsip show auth ann-phone")
            #expect(password.contains("hidden-word"))
        }
    }

    @Test("the check of the dialplan finds what is missing, and only that")
    func dialplanCheck() async throws {
        try await use { _, asterisk, tool in
            _ = try await tool.run()
            try await asterisk.start()
            let check = ["dialplan", "check", "-c", asterisk.folder.appendingPathComponent("tandem.yml").path]
            let before = try await outcome(tool.program, check)
            // What this version's dialplan lacks is not ours; what the test takes away is.
            _ = try await asterisk.ask("dialplan remove extension s@did")
            _ = try await asterisk.ask("dialplan add extension 77,1,Playback,no-such-sound into site-out")
            let after = try await outcome(tool.program, check)
            let news = after.subtracting(before)
            #expect(news.contains("no place did,s,1, in site-in,5000,2"))
            #expect(news.contains("no sound no-such-sound, in site-out,77,1"))
            #expect(!before.contains { $0.contains("no sound") || $0.contains("no application") })
        }
    }

    /// The last lines of a program, whatever its exit status.
    private func outcome(_ program: URL, _ arguments: [String]) async throws -> Set<String> {
        do {
            return Set(try await Command(program, arguments).output().split(separator: "\n").map(String.init))
        } catch LabFailure.program(let text) {
            return Set(text.split(separator: "\n").map(String.init))
        }
    }

    @Test("a phone registers with its password, and a call from the trunk has its context and variables")
    func calls() async throws {
        try await use { database, asterisk, tool in
            try await database.pool.session { session in
                try session.run(
                    script: """
                        UPDATE public.endpoint_sip_section_option SET value = 'ann-phone' WHERE value = 'a;b;--c';
                        UPDATE public.endpoint_sip_section_option SET value = '127.0.0.1' WHERE key = 'match';
                        """
                )
            }
            _ = try await tool.run()
            try await asterisk.start()
            var lab = try LabEnvironment()
            lab.sipPort = asterisk.sipPort
            let phone = try await SIPpPhone("ann-phone", in: lab)
            try await phone.register()
            let contacts = try await asterisk.ask("pjsip show aor ann-phone")
            #expect(contacts.contains("sip:ann-phone@127.0.0.1:\(phone.port)"))
            await phone.close()

            let caller = try await SIPpCaller(dialling: PrivateAsterisk.probe, in: lab)
            try await caller.answered()
            try await caller.hungUpByPeer()
            await caller.close()
            let log = try asterisk.log()
            #expect(log.contains("\"seen national \(SiteRows.tenant) beep\""))
        }
    }

    @Test("a role that sees less writes nothing, and is told why")
    func restrictedRole() async throws {
        try await use { database, asterisk, _ in
            let lab = try LabEnvironment()
            let tool = try Tool(lab, database, asterisk, role: "tandem")
            let missing = try await tool.refusal()
            #expect(missing.contains("missing, or not readable for this role: endpoint_sip_template"))
            try await database.pool.session {
                try $0.run(script: "GRANT SELECT ON ALL TABLES IN SCHEMA public TO tandem")
            }
            let restricted = try await tool.refusal()
            #expect(restricted.contains("role tandem sees only a part of table endpoint_sip_section_option"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: asterisk.generated.path).isEmpty)
        }
    }
}
