package dev.patchscopes.model.internal;

/** The functions of tensors that {@link MomentSums} are computed by; see {@link TorchScript}. */
final class MomentScripts {
    /** The sums of the columns, in float64. */
    static final String SUM =
            """
            def forward(self: __torch__.Function, x: Tensor) -> Tensor:
              return torch.sum(torch.detach(x), [0], True, dtype=7)
            """;

    /** Of X^T X the upper block triangle, in four blocks of rows: 5/8 of the multiplications. */
    static final String ACCUMULATE =
            """
            def forward(self: __torch__.Function, xx: Tensor, xy: Tensor, x: Tensor, y: Tensor,
                mx: Tensor, my: Tensor) -> Tensor:
              xc = torch.contiguous(torch.sub(torch.detach(x), mx))
              yc = torch.contiguous(torch.sub(torch.detach(y), my))
              fx = torch.reshape(xc, [-1])
              fy = torch.reshape(yc, [-1])
              xt = torch.transpose(xc, 0, 1)
              width = torch.floordiv(torch.add(torch.size(xc, 1), 3), 4)
              for i in range(4):
                start = torch.mul(i, width)
                end = torch.add(start, width)
                left = torch.slice(xt, 0, start, end)
                right = torch.slice(xc, 1, start)
                block = torch.slice(torch.slice(xx, 0, start, end), 1, start)
                a = torch.addmm_(block, left, right)
              b = torch.addmm_(xy, xt, yc)
              return torch.stack([torch.dot(fx, fx), torch.dot(fy, fy)], 0)
            """;

    /** Adds w dx^T dx and w dx^T dy. */
    static final String SHIFT =
            """
            def forward(self: __torch__.Function, dx: Tensor, dy: Tensor, xx: Tensor, xy: Tensor,
                w: Tensor) -> Tensor:
              dt = torch.transpose(torch.mul(dx, w), 0, 1)
              a = torch.addmm_(xx, dt, dx)
              b = torch.addmm_(xy, dt, dy)
              return dt
            """;

    /** Copies what is above the diagonal below it. */
    static final String MIRROR =
            """
            def forward(self: __torch__.Function, xx: Tensor) -> Tensor:
              above = torch.triu(xx, 1)
              upper = torch.triu(xx)
              a = torch.copy_(xx, torch.add_(upper, torch.transpose(above, 0, 1)))
              return above
            """;

    /** (xx + penalty I)^-1 xy, transposed; which minor failed; the smallest share of a pivot. */
    static final String RIDGE =
            """
            def forward(self: __torch__.Function, penalty: Tensor, xx: Tensor, xy: Tensor
                ) -> List[Tensor]:
              g = torch.clone(xx)
              diagonal = torch.diagonal(g)
              d = torch.add_(diagonal, torch.squeeze(penalty))
              l, info, = torch.linalg_cholesky_ex(g)
              pivots = torch.div(torch.pow(torch.diagonal(l), 2), diagonal)
              solution = torch.cholesky_solve(xy, l)
              return [torch.contiguous(torch.transpose(solution, 0, 1)),
                  torch.reshape(torch.to(info, 7), [1, 1]),
                  torch.reshape(torch.min(pivots), [1, 1]),
                  torch.unsqueeze(torch.clone(torch.diagonal(xx)), 0)]
            """;

    /** tr(A xx A^T) and tr(A xy). */
    static final String TRACES =
            """
            def forward(self: __torch__.Function, a: Tensor, xx: Tensor, xy: Tensor
                ) -> List[Tensor]:
              quadratic = torch.sum(torch.mul(torch.matmul(a, xx), a))
              linear = torch.sum(torch.mul(torch.transpose(a, 0, 1), xy))
              return [torch.reshape(quadratic, [1, 1]), torch.reshape(linear, [1, 1])]
            """;

    private MomentScripts() {}
}
