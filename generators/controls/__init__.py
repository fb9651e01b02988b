"""Controls: generators that learn nothing, each showing what a figure means.

A generator is worth something where it beats `still`, and is as good as
can be where it reaches `oracle`.
"""
