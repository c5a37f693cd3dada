import { nn, type Tensor } from '../../lib/index.ts'

/** A residual network of one's own: functions between the modules, one ReLU for two places. */
export class TinyResNet extends nn.Module {
  conv1 = new nn.Conv2d(3, 8, 3, { padding: 1, bias: false })
  bn1 = new nn.BatchNorm2d(8)
  conv2 = new nn.Conv2d(8, 8, 3, { padding: 1, bias: false })
  bn2 = new nn.BatchNorm2d(8)
  relu = new nn.ReLU()
  fc = new nn.Linear(8, 4)

  override forward(input: Tensor): Tensor {
    const first = this.relu.forward(this.bn1.forward(this.conv1.forward(input)))
    const second = this.bn2.forward(this.conv2.forward(first)).add(first)
    return this.fc.forward(this.relu.forward(second).mean([2, 3]))
  }
}
