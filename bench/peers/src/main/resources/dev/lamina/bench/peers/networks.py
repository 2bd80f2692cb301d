# TorchScript: networks over lists of parameters. Images come as (N, C, H, W).
def conv(p: List[Tensor], b: List[Tensor], x: Tensor) -> Tensor:
    return torch.conv2d(x, p[0], None, [1, 1], [1, 1], [1, 1], x.size(1) // p[0].size(1))

def lenet(p: List[Tensor], b: List[Tensor], x: Tensor) -> Tensor:
    x = torch.relu(torch.conv2d(x, p[0], p[1]))
    x = torch.relu(torch.conv2d(x, p[2], p[3]))
    x = torch.max_pool2d(x, [2, 2])
    # Our dense layers count channels last; in channels-last memory this moves nothing.
    x = torch.flatten(x.permute(0, 2, 3, 1), 1)
    x = torch.relu(torch.addmm(p[5], x, p[4]))
    return torch.addmm(p[7], x, p[6])

def folded(p: List[Tensor], i: int, x: Tensor, stride: int) -> Tensor:
    pad = p[2 * i].size(2) // 2
    return torch.conv2d(x, p[2 * i], p[2 * i + 1], [stride, stride], [pad, pad])

def resnet18_folded(p: List[Tensor], b: List[Tensor], x: Tensor) -> Tensor:
    x = torch.max_pool2d(torch.relu_(folded(p, 0, x, 2)), [3, 3], [2, 2], [1, 1])
    i = 1
    for k in range(8):
        first = k > 0 and k % 2 == 0
        stride = 2 if first else 1
        y = torch.relu_(folded(p, i, x, stride))
        y = folded(p, i + 1, y, 1)
        i += 2
        if first:
            x = folded(p, i, x, 2)
            i += 1
        x = torch.relu_(y.add_(x))
    return torch.addmm(p[2 * i + 1], torch.mean(x, [2, 3]), p[2 * i])

def normal(p: List[Tensor], b: List[Tensor], i: int, x: Tensor, stride: int) -> Tensor:
    pad = p[3 * i].size(2) // 2
    y = torch.conv2d(x, p[3 * i], None, [stride, stride], [pad, pad])
    return torch.batch_norm(y, p[3 * i + 1], p[3 * i + 2], b[2 * i], b[2 * i + 1], True, 0.1, 1e-5, False)

def resnet18(p: List[Tensor], b: List[Tensor], x: Tensor) -> Tensor:
    x = torch.max_pool2d(torch.relu(normal(p, b, 0, x, 2)), [3, 3], [2, 2], [1, 1])
    i = 1
    for k in range(8):
        first = k > 0 and k % 2 == 0
        stride = 2 if first else 1
        y = torch.relu(normal(p, b, i, x, stride))
        y = normal(p, b, i + 1, y, 1)
        i += 2
        if first:
            x = normal(p, b, i, x, 2)
            i += 1
        x = torch.relu(y + x)
    return torch.addmm(p[3 * i + 1], torch.mean(x, [2, 3]), p[3 * i])


# Words come as (N, T). Our layers have one bias where LibTorch's LSTM has two; the second is 0 here and is not trained.
def lstm(p: List[Tensor], x: Tensor) -> Tensor:
    h = torch.zeros([1, x.size(0), p[2].size(1)])
    y, last, cells = torch.lstm(torch.embedding(p[0], x), [h, h], [p[1], p[2], p[3], torch.zeros_like(p[3])],
        True, 1, 0.0, True, False, True)
    return torch.addmm(p[5], last[0], p[4])

def gru(p: List[Tensor], x: Tensor) -> Tensor:
    h = torch.zeros([1, x.size(0), p[2].size(1)])
    y, last = torch.gru(torch.embedding(p[0], x), h, [p[1], p[2], p[3], p[4]], True, 1, 0.0, True, False, True)
    return torch.addmm(p[6], last[0], p[5])
