import Core

/// The description of one operation.
struct OperationDescription {
    let route: Route
    let language: Schema.Language
    /// The reference to the error body.
    let error: JSONValue

    func json(_ definitions: inout [String: JSONValue]) -> JSONValue {
        var operation: [String: JSONValue] = [
            "summary": .string(route.summary),
            "operationId": .string(identifier),
            "tags": [.string(tag)],
            "responses": .object(responses(&definitions)),
        ]
        var parameters = pathParameters + queryParameters(&definitions)
        if let access = route.access {
            operation["description"] = .string("**Required ACL:** `\(access)`")
            operation["x-required-acl"] = .string(access)
            operation["security"] = [["wazo_auth_token": []]]
            let place = language == .swagger2 ? "#/parameters/" : "#/components/parameters/"
            parameters.append(["$ref": .string(place + "tenant_uuid")])
        }
        if language == .swagger2, let mediaType = route.answers.mediaType {
            operation["produces"] = [.string(mediaType)]
        }
        addBody(to: &operation, &parameters, &definitions)
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        return .object(operation)
    }

    /// The method and the path as one word, which no other operation has.
    private var identifier: String {
        let words = route.path.unicodeScalars.split { !$0.isWordOfASCII && $0 != "_" }
        return ([route.method.rawValue.lowercased()] + words.map { String(scalars: $0) }).joined(separator: "_")
    }

    /// The first word of the path that names a thing.
    private var tag: String {
        let words = route.template.segments.compactMap { segment -> String? in
            guard case .literal(let word) = segment, !["1.0", "users", "me", "guests"].contains(word) else {
                return nil
            }
            return word
        }
        return words.first ?? "server"
    }

    // MARK: Parameters

    private var pathParameters: [JSONValue] {
        route.template.parameterForms.map { name, form in
            let schema: [String: JSONValue] =
                switch form {
                case .text: ["type": "string"]
                case .uuid: ["type": "string", "format": "uuid"]
                case .int: ["type": "integer"]
                }
            return parameter(name, in: "path", isRequired: true, schema)
        }
    }

    private func queryParameters(_ definitions: inout [String: JSONValue]) -> [JSONValue] {
        var parameters = (route.query?.fields ?? []).map { field in
            let schema = field.schema.json(language, definitions: &definitions).object ?? [:]
            return parameter(field.name, in: "query", isRequired: field.isRequired, schema)
        }
        if route.options.contains(.tokenInQuery) {
            parameters.append(parameter("token", in: "query", isRequired: false, ["type": "string"]))
        }
        return parameters
    }

    private func parameter(
        _ name: String,
        in place: String,
        isRequired: Bool,
        _ schema: [String: JSONValue]
    ) -> JSONValue {
        var parameter: [String: JSONValue] = [
            "name": .string(name), "in": .string(place), "required": .bool(isRequired),
        ]
        switch language {
        // Swagger 2.0 has a parameter's type beside its name, and needs one.
        case .swagger2: parameter.merge(schema.isEmpty ? ["type": "string"] : schema) { $1 }
        case .openAPI31: parameter["schema"] = .object(schema)
        }
        return .object(parameter)
    }

    // MARK: Body

    private func addBody(
        to operation: inout [String: JSONValue],
        _ parameters: inout [JSONValue],
        _ definitions: inout [String: JSONValue]
    ) {
        let schema: Schema
        var isRequired = true
        var mediaType = "application/json"
        switch route.body {
        case .none: return
        case .json(let type): schema = type.schema
        case .jsonList(let type): schema = .list(of: type.schema)
        case .optionalJSON(let type):
            schema = type.schema
            isRequired = false
        case .bytes(let type):
            schema = .bytes
            mediaType = type
        }
        let content = schema.json(language, definitions: &definitions)
        switch language {
        case .swagger2:
            if mediaType != "application/json" { operation["consumes"] = [.string(mediaType)] }
            parameters.append([
                "name": "body", "in": "body", "required": .bool(isRequired), "schema": content,
            ])
        case .openAPI31:
            operation["requestBody"] = [
                "required": .bool(isRequired), "content": .object([mediaType: ["schema": content]]),
            ]
        }
    }

    // MARK: Responses

    private static let refusals = [
        403: "Not the user's own, or not allowed to them",
        409: "Something of the kind exists already, or it cannot be done in this state",
    ]

    private func responses(_ definitions: inout [String: JSONValue]) -> [String: JSONValue] {
        let answers = route.answers
        let mediaType = answers.mediaType ?? "application/json"
        let content = answers.schema.map { $0.json(language, definitions: &definitions) }
        var responses = [String(answers.status): response(answers.text, content, mediaType)]
        func failure(_ status: String, _ text: String) { responses[status] = response(text, error, "application/json") }
        if route.access != nil {
            failure("400", "The request is invalid, or does not fit the state of things")
            failure("401", "The token is missing, expired, or lacks the access or the tenant")
            failure("503", "Another server does not answer, or this one is too busy")
        }
        if case .none = route.body {} else { failure("413", "The body is too large") }
        let isForUsers = route.path.begins(with: "/1.0/users/me/")
        if !route.template.names.isEmpty || isForUsers { failure("404", "Not found in this tenant") }
        let refusals = answers.refusals.union(isForUsers && !route.template.names.isEmpty ? [403] : [])
        for status in refusals.sorted() { failure(String(status), Self.refusals[status] ?? "Refused") }
        return responses
    }

    private func response(_ text: String, _ schema: JSONValue?, _ mediaType: String) -> JSONValue {
        var response: [String: JSONValue] = ["description": .string(text)]
        if let schema {
            switch language {
            case .swagger2: response["schema"] = schema
            // A schema describes JSON values; OpenAPI 3.1 wants none for other content.
            case .openAPI31:
                response["content"] = .object([mediaType: mediaType == "application/json" ? ["schema": schema] : [:]])
            }
        }
        return .object(response)
    }
}
