"""Everything that an operator or an agent types into: the command line and the console."""

from os import environ

# Where pydantic is needed at all, it looks through every installed distribution for plugins, which costs some 20 ms;
# there are none.
environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
