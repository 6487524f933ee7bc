"""Names and messages that would become Markdown, HTML, icons or links."""

FILE_NAME = "![x](http://a/b.png) **x** :red[y] <img>"

TEXTS = (
    FILE_NAME,
    "<img src=q onerror=alert(1)> <b>bold</b> <!-- c --> &amp; &#60; ab&copy;c",
    ":material/home: x:material/home:y :streamlit: :smile: :+1: :small[x] :blue-background[b] :red-badge[x]",
    ":color[x]{foreground=red}",
    "http://evil.example/x https://evil.example HTTP://EVIL.example //evil.example <http://a.b>",
    "www.evil.example WWW.evil.example a@evil.example xmpp:a@b.c mailto:a@b.c ftp://a.b/c",
    "[x](javascript:alert(1))",
    "[x]: http://a.b 't'",
    "$x^2$ and $$y$$",
    "`code` ``c`` *i* _u_ ~~s~~ __b__",
    "```\nx\n```",
    "a\nb\n# c\n- d\n\n    code\n===",
    "# heading",
    "- item",
    "+ item",
    "1. item",
    "1) item",
    "12.",
    "> quote",
    "a | b\n--|--\n1|2",
    "a--b.mp4 a->b a<-b => x -- y",
    "\\*x\\* \\ C:\\new\\test.mp4",
    "a\u2028b\u2029c\x85d\x0be\x1b[31mf\x00",
    "\u202egpj.exe \u2066x",
    "half of a pair \udcff",
    "a_b-c (1).mp4 A & B 5:30 - 6:30 <3",
)
