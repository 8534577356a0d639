import API
import CallRequests
import Core
import Telephony

/// The query of `POST /faxes`; unknown parameters are ignored.
struct SendFaxRequest: RequestFields {
    static let dialect = Dialect.extendedTypes
    let context: String
    let options: SendOptions

    init(reading reader: inout FieldReader) {
        context = reader.required("context", .string())
        options = SendOptions(reading: &reader)
    }
}

/// The query of `POST /users/me/faxes`.
struct SendOptions: RequestFields {
    static let dialect = Dialect.extendedTypes
    let exten: String
    let callerID: String
    let ivrExtension: String?
    let waitTime: Int?
    let resolution: FaxResolution

    init(reading reader: inout FieldReader) {
        exten = reader.exten("extension")
        callerID = reader.optional("caller_id", .string(.printable, .length(max: 256)), default: "Wazo Fax")
        ivrExtension = reader.optional(
            "ivr_extension",
            .string(.length(max: 79), .pattern("^[0-9A-Da-dWwPp*#,]*$") { $0.utf8.allSatisfy(Self.isTone) })
        )
        waitTime = reader.optional("wait_time", .integer(.range(min: 0, max: 600)))
        resolution = reader.optional("resolution", .choice(), default: .standard)
    }

    /// What `SendDTMF` takes: digits, `w` for half a second, `p` for a second; a comma is a pause as well.
    private static func isTone(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x44, 0x61...0x64: true
        default: "WwPp*#,".utf8.contains(byte)
        }
    }

    func request(context: String, user: UserID?) -> SentFax.Request {
        SentFax.Request(
            context: context,
            exten: exten,
            callerID: callerID,
            ivrExtension: ivrExtension,
            waitTime: waitTime,
            user: user,
            resolution: resolution
        )
    }
}

/// Which way a fax goes.
enum FaxDirection: String, Sendable, CaseIterable {
    case outbound, inbound
}

/// The query of `GET /faxes`, ours.
struct FaxListRequest: RequestFields {
    static let dialect = Dialect.extendedTypes
    let direction: FaxDirection
    let limit: Int?
    let offset: Int

    init(reading reader: inout FieldReader) {
        direction = reader.optional("direction", .choice(), default: .outbound)
        limit = reader.optional("limit", .integer(.range(min: 0)))
        offset = reader.optional("offset", .integer(.range(min: 0)), default: 0)
    }
}
