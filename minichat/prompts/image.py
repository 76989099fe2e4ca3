"""ImagePromptTemplate: the address of a picture with variables in it, as OpenAI's `image_url` objects."""

from __future__ import annotations

from ..errors import ConfigurationError
from ..prompt_values import ImagePromptValue
from .base import BasePromptTemplate
from .string import fill_in, get_template_variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List

    from ..prompt_values import ImageURL, PromptValue

__all__ = ["ImagePromptTemplate"]

OWN_NAMES = ("detail", "path", "url")


class ImagePromptTemplate(BasePromptTemplate["ImageURL"]):
    """A picture by address; `template` has the keys "url" and, where wanted, "detail".

    >>> picture = ImagePromptTemplate(input_variables=["id"], template={"url": "https://x.test/{id}.png"})
    >>> picture.format(id="cat", detail="low")
    {'url': 'https://x.test/cat.png', 'detail': 'low'}

    A `url=` or `detail=` given to `format` wins over the template's. Files are not read: "path" is refused.
    Raises: ConfigurationError (a ValueError); also for a variable of the name of one of those keys.
    """

    input_variables: List[str] = []
    template: Dict[str, Any] = {}
    template_format: str = "f-string"

    def model_post_init(self, context: Any) -> None:
        taken = [name for name in OWN_NAMES if name in self.input_variables]
        if taken:
            raise ConfigurationError(
                f"ImagePromptTemplate: variables cannot be named {', '.join(OWN_NAMES)}; found {taken}"
            )
        for text in self.template.values():
            if isinstance(text, str):
                get_template_variables(text, self.template_format)
        super().model_post_init(context)

    def format(self, **kwargs: Any) -> ImageURL:
        values = self._merge_partial_and_user_variables(**kwargs)
        formatted = {
            key: fill_in(text, self.template_format, values, owner=type(self).__name__)
            if isinstance(text, str)
            else text
            for key, text in self.template.items()
        }
        chosen = {name: values.get(name) or formatted.get(name) for name in OWN_NAMES}
        if chosen["path"]:
            raise ConfigurationError("an image is given by url, not by path: a prompt does not read files")
        if not chosen["url"] or not isinstance(chosen["url"], str):
            raise ConfigurationError("an image needs a url, which is a str that is not empty")
        image: ImageURL = {"url": chosen["url"]}
        if chosen["detail"]:
            image["detail"] = chosen["detail"]
        return image

    def format_prompt(self, **kwargs: Any) -> PromptValue:
        return ImagePromptValue(image_url=self.format(**kwargs))

    async def aformat_prompt(self, **kwargs: Any) -> PromptValue:
        return ImagePromptValue(image_url=await self.aformat(**kwargs))

    def pretty_repr(self, html: bool = False) -> str:
        return str(self.template)
