"""Operations turned into Python: what is asked for often is run by code of its own.

It shortens graphql-core's execution where the outcome is evident, and leaves all else to it: completion of unusual
values, errors, cancellation are graphql-core's own methods, called with graphql-core's own arguments.
"""
