import API

/// Shapes of what the voicemail routes answer (contract 31 §2), for the API's descriptions.
enum Schemas {
    private static let folderBase = Schema.named(
        "VoicemailFolderBase",
        .object(["id": .integer, "name": .string, "type": .string])
    )
    private static let voicemailBase = Schema.named(
        "VoicemailBase",
        .object(["id": .integer, "name": .string, "accesstype": .string])
    )
    private static let transcription = Schema.object(["text": .string]).nullable

    private static let listedMessage = Schema.named(
        "VoicemailFolderMessage",
        .object([
            "id": .string, "caller_id_name": .string.nullable, "caller_id_num": .string.nullable,
            "duration": .integer, "timestamp": .integer, "empty": .boolean, "transcription": transcription,
        ])
    )
    static let folder = Schema.named(
        "VoicemailFolder",
        .object(["id": .integer, "name": .string, "type": .string, "messages": .list(of: listedMessage)])
    )
    static let voicemail = Schema.named(
        "Voicemail",
        .object([
            "id": .integer, "name": .string, "number": .string, "accesstype": .string, "folders": .list(of: folder),
        ])
    )
    static let message = Schema.named(
        "VoicemailMessage",
        .object([
            "id": .string, "caller_id_name": .string.nullable, "caller_id_num": .string.nullable,
            "duration": .integer, "timestamp": .integer, "empty": .boolean, "transcription": transcription,
            "folder": folderBase,
        ])
    )
    static let unifiedMessage = Schema.named(
        "UnifiedVoicemailMessage",
        .object([
            "id": .string, "caller_id_name": .string.nullable, "caller_id_num": .string.nullable,
            "duration": .integer, "timestamp": .integer, "empty": .boolean, "transcription": transcription,
            "folder": folderBase, "voicemail": voicemailBase,
        ])
    )
    static let adminMessage = Schema.named(
        "AdminVoicemailMessage",
        .object([
            "id": .string, "caller_id_name": .string.nullable, "caller_id_num": .string.nullable,
            "duration": .integer, "timestamp": .integer, "empty": .boolean, "transcribed": .boolean,
            "folder": folderBase, "voicemail": voicemailBase,
        ])
    )
}
