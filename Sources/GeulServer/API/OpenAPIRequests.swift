#if Server

import Geul

/// The schemas of requests for one model, whose vocabulary and shape limit token ids, layers and neurons.
struct OpenAPIRequests {
  private let id: String
  private let isOnlyModel: Bool
  private let limits: APILimits
  private let metadata: Model.Metadata

  init(_ model: ModelDescription, isOnlyModel: Bool, limits: APILimits) {
    id = model.id
    metadata = model.metadata
    self.isOnlyModel = isOnlyModel
    self.limits = limits
  }

  /// The schemas, by the name of the request.
  var all: [(name: String, schema: JSONValue)] {
    [
      ("CompletionRequest", completion), ("ChatCompletionRequest", chat), ("ScoreRequest", score),
      ("ExplainRequest", explain), ("TokenizeRequest", tokenize), ("DetokenizeRequest", detokenize),
    ]
  }

  private var model: JSONValue {
    isOnlyModel
      ? [
        "type": ["string", "null"], "enum": [.string(id), nil],
        "description": "The id of the model; null or absent for the only one.",
      ] : ["type": "string", "enum": [.string(id)], "description": "The id of the model."]
  }

  private func request(_ properties: JSONValue, required: [String] = []) -> JSONValue {
    let model: JSONValue = ["model": model]
    return OpenAPISchema.object(
      model.adding(properties), required: (isOnlyModel ? [] : ["model"]) + required)
  }

  private var tokenID: JSONValue {
    ["type": "integer", "minimum": 0, "maximum": .integer(metadata.vocabulary.count - 1)]
  }

  private var completion: JSONValue {
    let texts: JSONValue = ["minItems": 1, "maxItems": .integer(APILimits.texts)]
    let prompt: JSONValue = [
      "description":
        "The text to continue, or token ids; or a list of them. With several prompts, n times their number is at most 128.",
      "default": "",
      "anyOf": [
        ["type": "string"], OpenAPISchema.array(["type": "string"], texts),
        OpenAPISchema.array(tokenID, ["minItems": 1]),
        OpenAPISchema.array(OpenAPISchema.array(tokenID), texts), ["type": "null"],
      ],
    ]
    let own: JSONValue = [
      "prompt": prompt, "max_tokens": maxTokens,
      "logprobs": OpenAPISchema.optionalInteger(
        0...APILimits.alternatives,
        "The number of alternatives with log-probabilities for each token; null for no log-probabilities."
      ),
      "echo": OpenAPISchema.optional(
        "boolean", "Puts the prompt before the text; with logprobs, its tokens are scored, too.",
        default: false),
      "suffix": OpenAPISchema.optional(
        "string", "Must be empty: models only continue a text.", ["maxLength": 0]),
      "session": OpenAPISchema.optional(
        "string",
        "The name of a session, whose text the prompt continues; it needs one prompt and an n of 1. The session keeps the state after the answer. It is created at its first use.",
        [
          "pattern": .string(OpenAPISchema.sessionPattern)
        ]),
    ]
    return request(own.adding(generation)).adding(["allOf": OpenAPISchema.textCountRules])
  }

  private var chat: JSONValue {
    let part = OpenAPISchema.object(
      ["type": ["type": "string", "enum": ["text"]], "text": ["type": "string"]],
      required: ["type", "text"])
    let roles = ChatMessage.Role.allCases.map { JSONValue.string($0.rawValue) }
    let message = OpenAPISchema.object(
      [
        "role": ["type": "string", "enum": .array(roles)],
        "content": ["anyOf": [["type": "string"], OpenAPISchema.array(part)]],
      ], required: ["role", "content"])
    let none: JSONValue = ["maxItems": 0]
    let own: JSONValue = [
      "messages": OpenAPISchema.array(message, ["minItems": 1]),
      "max_completion_tokens": maxTokens,
      "max_tokens": OpenAPISchema.optionalInteger(
        0...limits.maxTokens,
        "The older name of max_completion_tokens, which counts if both are given."),
      "logprobs": OpenAPISchema.optional(
        "boolean", "Returns the log-probabilities of tokens.", default: false),
      "top_logprobs": OpenAPISchema.optionalInteger(
        0...APILimits.alternatives,
        "The number of alternatives with log-probabilities for each token; ignored without logprobs.",
        default: 0),
      "tools": OpenAPISchema.optional("array", "Must be empty: models only write text.", none),
      "functions": OpenAPISchema.optional("array", "Must be empty: models only write text.", none),
      "response_format": OpenAPISchema.optional(
        "object", "Only text.",
        ["properties": ["type": ["type": "string", "enum": ["text"]]], "required": ["type"]]),
    ]
    return request(own.adding(generation), required: ["messages"])
  }

  private var maxTokens: JSONValue {
    OpenAPISchema.optionalInteger(
      0...limits.maxTokens, "The maximum number of tokens to generate.",
      default: limits.defaultTokens)
  }

  /// The members that completions and chat completions have in common.
  private var generation: JSONValue {
    let stop: JSONValue = ["type": "string", "maxLength": .integer(APILimits.stopLength)]
    let more: JSONValue = [
      "n": OpenAPISchema.optionalInteger(
        1...APILimits.texts,
        "The number of texts for each prompt. best_of, if given, must equal it.",
        default: 1),
      "stop": [
        "description": "Strings before which a text ends.",
        "anyOf": [
          stop, OpenAPISchema.array(stop, ["maxItems": .integer(APILimits.stops)]),
          ["type": "null"],
        ],
      ],
      "seed": OpenAPISchema.optionalInteger(
        0...Int.max, "The random seed; null for a random one, which the response names."),
      "stream": OpenAPISchema.optional("boolean", "Returns server-sent events.", default: false),
      "stream_options": OpenAPISchema.optional(
        "object", "Options of a stream.",
        [
          "properties": [
            "include_usage": OpenAPISchema.optional(
              "boolean", "Ends the stream with an event that has the numbers of tokens.",
              default: false)
          ]
        ]),
      "user": ["description": "Ignored."],
    ]
    return sampling.adding(more)
  }

  private var sampling: JSONValue {
    func number(_ description: String, default value: JSONValue, _ limits: JSONValue) -> JSONValue {
      OpenAPISchema.optional("number", description, default: value, limits)
    }
    let penalty: JSONValue = ["minimum": -2, "maximum": 2]
    return [
      "temperature": number(
        "The sampling temperature; 0 always takes the most likely token.", default: 0.8,
        ["minimum": 0]),
      "top_p": number(
        "Nucleus sampling: from the most likely tokens of this total probability; 1 disables.",
        default: 1, ["exclusiveMinimum": 0, "maximum": 1]),
      "top_k": OpenAPISchema.optionalInteger(
        0...APILimits.tokenCount, "Sampling from the k most likely tokens; 0 disables.", default: 0),
      "min_p": number(
        "The minimum probability, relative to the most likely token; 0 disables.", default: 0,
        ["minimum": 0, "maximum": 1]),
      "top_n_sigma": number(
        "Keeps the logits within n standard deviations of the largest; 0 or less disables.",
        default: 0, ["minimum": -1]),
      "typical_p": number(
        "Locally typical sampling: from the tokens of this total probability whose surprisal is closest to the entropy; 1 disables.",
        default: 1, ["exclusiveMinimum": 0, "maximum": 1]),
      "repeat_penalty": number(
        "The repetition penalty of recent tokens; 1 disables.", default: 1, ["exclusiveMinimum": 0]),
      "repeat_last_n": OpenAPISchema.optionalInteger(
        0...APILimits.tokenCount, "The number of recent tokens that the penalties apply to.",
        default: 64),
      "presence_penalty": number(
        "Subtracted from the logits of recent tokens.", default: 0, penalty),
      "frequency_penalty": number(
        "Subtracted from the logits of recent tokens for each occurrence.", default: 0, penalty),
      "dry_multiplier": number(
        "The DRY penalty of a token that extends a long repetition; 0 disables.", default: 0,
        ["minimum": 0]),
      "dry_base": number(
        "The factor of the DRY penalty for each further token of the repetition.", default: 1.75,
        ["minimum": 1]),
      "dry_allowed_length": OpenAPISchema.optionalInteger(
        1...APILimits.tokenCount,
        "The number of tokens from which the DRY penalty applies to a repetition.",
        default: SamplingOptions().dryAllowedLength),
      "dry_penalty_last_n": OpenAPISchema.optionalInteger(
        -1...APILimits.repetitionTokens,
        "The number of recent tokens in which repetitions are searched; -1 for the maximum.",
        default: SamplingOptions().dryLastN),
      "dynatemp_range": number(
        "The temperature is in temperature - range to temperature + range, by the entropy of the next token; 0 disables.",
        default: 0, ["minimum": 0]),
      // dynatemp_exponent is accepted, too. With one more field, schemathesis 4.32 cannot generate requests.
      "mirostat": [
        "type": ["integer", "null"], "enum": [0, 2, nil], "default": 0,
        "description":
          "2: Mirostat 2.0 keeps the surprisal of the text at a target, instead of the other filters; 0 disables.",
      ],
      "mirostat_tau": number(
        "The target surprisal of Mirostat in bits per token.",
        default: .number(SamplingOptions().mirostatTau), ["minimum": 0]),
      "mirostat_eta": number(
        "The learning rate of Mirostat.", default: 0.1, ["minimum": 0, "maximum": 1]),
      "logit_bias": OpenAPISchema.optional(
        "object", "Numbers to add to the logits of tokens, by token id; -100 bans a token.",
        [
          "propertyNames": [
            "pattern": .string(OpenAPISchema.pattern(upTo: metadata.vocabulary.count - 1))
          ],
          "additionalProperties": ["type": "number", "minimum": -100, "maximum": 100],
        ]),
    ]
  }

  private var score: JSONValue {
    request(
      [
        "text": [
          "description": "The text to score, or a list of texts.",
          "anyOf": [
            ["type": "string"],
            OpenAPISchema.array(
              ["type": "string"], ["minItems": 1, "maxItems": .integer(APILimits.texts)]),
          ],
        ],
        "top_logprobs": OpenAPISchema.optionalInteger(
          0...APILimits.alternatives, "The number of alternatives for each token.", default: 0),
      ], required: ["text"])
  }

  private var explain: JSONValue {
    let shape = metadata.architecture
    let neuron: JSONValue = [
      "type": "integer", "minimum": 0, "maximum": .integer(shape.hidden - 1),
    ]
    // A vanilla RNN has no gates.
    let selections: [JSONValue] = ["active"] + (shape.cell == .rnn ? [] : ["persistent"]) + [nil]
    return request(
      [
        "text": [
          "type": "string",
          "description": .string(
            "The text to explain, at most \(APILimits.explainedTokens) tokens."),
        ],
        "layer": OpenAPISchema.optionalInteger(
          1...shape.layers, "The layer, counted from 1; the last one if it is not given."),
        "neurons": OpenAPISchema.optional(
          "array", "The neurons, counted from 0, instead of a selection.",
          ["items": neuron, "maxItems": .integer(APILimits.explainedNeurons)]),
        "rows": OpenAPISchema.optionalInteger(
          1...APILimits.explainedNeurons, "The number of neurons to select."),
        "select": [
          "type": ["string", "null"], "enum": .array(selections),
          "description":
            "The neurons to select: active have the largest variance of the state, persistent the forget gates, or update gates of a GRU, closest to 1.",
        ],
      ], required: ["text"])
  }

  private var tokenize: JSONValue { request(["text": ["type": "string"]], required: ["text"]) }

  private var detokenize: JSONValue {
    request(["tokens": OpenAPISchema.array(tokenID)], required: ["tokens"])
  }
}
#endif
