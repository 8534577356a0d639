public import Core
public import Telephony

extension Failure {
    /// 400: nothing of the dialplan can be called so.
    public static func invalidExtension(_ place: DialplanPlace) -> Failure {
        Failure(
            status: 400,
            errorID: "invalid-extension",
            message: "Invalid extension",
            details: ["context": .string(place.context), "exten": .string(place.exten)]
        )
    }
}
