import Core

/// What clients of the fax routes are told (contract 30 §3).
extension Failure {
    /// 400: no PDF, or none that Ghostscript can read within the bounds.
    static let faxConversion = Failure(
        status: 400,
        errorID: "fax-failure",
        message: "The conversion from PDF to TIFF failed: output file was not found"
    )

    /// 404, ours: also for another tenant's.
    static func noSuchFax(_ id: String) -> Failure {
        Failure(status: 404, errorID: "no-such-fax", message: "No such fax", details: ["fax_id": .string(id)])
    }

    /// 503, ours: the disk does not do what it should.
    static func faxSpool(_ text: String) -> Failure {
        Failure(
            status: 503,
            errorID: "fax-spool-unavailable",
            message: "Faxes cannot be stored",
            details: ["original_error": .string(text)]
        )
    }

    /// 409, ours: an attempt to deliver it is under way.
    static func faxNotCancellable(_ id: String) -> Failure {
        Failure(
            status: 409,
            errorID: "fax-not-cancellable",
            message: "A received fax that is being delivered cannot be removed",
            details: ["fax_id": .string(id)]
        )
    }
}
