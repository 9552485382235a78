"""Models of PyTorch with the parts that language models have, for the tests of `geul import`."""
import torch
from torch import nn


class CharacterModel(nn.Module):
    """An embedding or one-hot input, a recurrent module, and an output projection."""

    def __init__(self, kind, v, h, layers, e=None, tied=False, bias=True, **options):
        super().__init__()
        self.v = v
        self.encoder = nn.Embedding(v, e) if e else None
        self.rnn = getattr(nn, kind)(e or v, h, layers, bias=bias, **options)
        self.decoder = nn.Linear(h, v, bias=bias)
        if tied:
            self.decoder.weight = self.encoder.weight

    def forward(self, tokens):
        """Returns the logits [t, v] after each of [t] tokens, from a zero state."""
        inputs = self.encoder(tokens) if self.encoder else nn.functional.one_hot(tokens, self.v).to(self.decoder.weight.dtype)
        return self.decoder(self.rnn(inputs)[0])


class StackedModel(nn.Module):
    """Two LSTM modules in a row, as tutorials write them for dropout between them, with names of their own."""

    def __init__(self, v, h, e):
        super().__init__()
        self.char_embedding = nn.Embedding(v, e)
        self.lstm1 = nn.LSTM(e, h)
        self.lstm2 = nn.LSTM(h, h)
        self.fc = nn.Linear(h, v)

    def forward(self, tokens):
        return self.fc(self.lstm2(self.lstm1(self.char_embedding(tokens))[0])[0])


class StepModel(nn.Module):
    """A GRUCell that is called once a step."""

    def __init__(self, v, h):
        super().__init__()
        self.cell = nn.GRUCell(v, h)
        self.out = nn.Linear(h, v)

    def forward(self, tokens):
        state, logits = None, []
        for inputs in nn.functional.one_hot(tokens, self.out.out_features).to(self.out.weight.dtype):
            state = self.cell(inputs[None], state)
            logits.append(self.out(state)[0])
        return torch.stack(logits)


def models(v, h):
    """Returns models by name, with the options of `geul import` that they need."""
    return {
        "lstm-embedding": (CharacterModel("LSTM", v, h, 2, e=h - 3), []),
        "gru-embedding": (CharacterModel("GRU", v, h, 2, e=h), []),
        "gru-one-hot": (CharacterModel("GRU", v, h, 1), []),
        "lstm-tied": (CharacterModel("LSTM", v, h, 1, e=h, tied=True), []),
        "lstm-without-biases": (CharacterModel("LSTM", v, h, 3, e=h + 2, bias=False), []),
        "rnn-relu": (CharacterModel("RNN", v, h, 2, nonlinearity="relu"), ["--activation", "relu"]),
        "lstm-stacked": (StackedModel(v, h, h + 1), ["--prefix", "lstm1", "--prefix", "lstm2"]),
        "gru-cell": (StepModel(v, h), []),
    }


def randomize(model, seed, bound):
    """Fills the parameters with multiples of 1/1024, which float16 holds exactly up to 2."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            limit = int(bound * 1024)
            parameter.copy_(torch.randint(-limit, limit + 1, parameter.shape, generator=generator) / 1024)


def state_dict(model):
    """Returns the tensors to save; tied weights once."""
    tensors, seen = {}, set()
    for name, tensor in model.state_dict().items():
        if tensor.data_ptr() not in seen:
            seen.add(tensor.data_ptr())
            tensors[name] = tensor.contiguous()
    return tensors
