"""Controls: generators that learn no look, each showing what a figure means.

A generator is worth something where it beats `still`, and is as good as
can be where it reaches `oracle`. `warp` and `bootstrap` measure how the
training videos move (`pull_back`) and give that motion to any image.
"""
