"""Texts whose token ids are compared: languages, scripts, emoji, code, numbers, white space, special tokens."""

import random
import unicodedata

SENTENCES = r"""
The quick brown fox jumps over the lazy dog.
Hello, world!
hello
 hello
  hello
I'm sure they're right; we've seen it, you'll see, he'd say it's John's.
I'M SURE THEY'RE RIGHT, WE'VE, YOU'LL, HE'D, IT'S
'tis 'Twas don't'nt o'clock rock'n'roll ''quoted'' 's 't 're 've 'm 'll 'd
It’s a “curly” day – isn’t it? Yes — indeed…
Photosynthesis converts carbon dioxide and water into glucose.
antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis
supercalifragilisticexpialidocious!!!???!!
E = mc², a² + b² = c², H₂O, x₁₂, ½ + ¼ = ¾
№ 5, Ⅷ, ⅻ, ①②③, ㊿, 五百, 一二三, ༣, ४५६, ٣٤٥, 𝟘𝟙𝟚, 𐄇
1234567890
3.14159265358979 -1e-10 0x7fffffff 1_000_000 1,234,567.89
in 1999, 2,000 people paid $3.50 (€2.99 / £2.49 / ¥400) for 12kg
v1.2.3-beta+45 192.168.0.1:8080 2026-11-26T01:43:45Z +49 (0)30 1234-5678
Größe, Straße, Übermut, naïve café, coöperate, Ångström, œuvre, Łódź, İstanbul, ĳ
Cafe\u0301 e\u0301 a\u030a o\u0308 n\u0303 (combining) vs é å ö ñ
El niño comió piñas en España. ¿Qué tal? ¡Olé!
Où est la bibliothèque ? « Là-bas », répondit-elle.
Der schnelle braune Fuchs springt über den faulen Hund.
Съешь же ещё этих мягких французских булок, да выпей чаю.
Ξεσκεπάζω την ψυχοφθόρα βδελυγμία.
いろはにほへと ちりぬるを 私は猫です。名前はまだない。
カタカナとひらがなと漢字、そして半角ｶﾀｶﾅ。
敏捷的棕色狐狸跳过了懒狗。你好，世界！
繁體中文：臺灣、香港。「引號」、『書名』
다람쥐 헌 쳇바퀴에 타고파. 안녕하세요?
مرحبا بالعالم، كيف حالك؟ السَّلَامُ عَلَيْكُمْ
שלום עולם! מה שלומך? בְּרֵאשִׁית
नमस्ते दुनिया, आप कैसे हैं? क्षत्रिय ज्ञान
வணக்கம் உலகம்
สวัสดีชาวโลก ภาษาไทยไม่มีการเว้นวรรค
Xin chào thế giới, tiếng Việt có dấu
ሰላም ልዑል
გამარჯობა მსოფლიო
Բարեւ աշխարհ
ꦲꦏ꧀ꦱꦫꦗꦮ 𓀀𓁐 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝒮𝒸𝓇𝒾𝓅𝓉 𐐀𐐨 𠜎𠜱 ᚠᚢᚦ
ß ẞ ſ ﬁ ﬂ Ǆ ǅ ǆ ʰ ʻ ª º µ
mixed日本語andEnglish与中文und Русскийそして한국어
αβγ123абв456 漢字42かな 7일
😀 😃😄 👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪🇯🇵 ❤️ ☺ ✔️ 🧑🏿‍🚀
emoji🎉in🎉words🎉 and at the end 🚀
🤖🤖🤖🤖🤖🤖🤖🤖
I ❤ NY ♥♦♣♠ ★☆ →←↑↓ ⇒ ∀x∈ℝ ∃y: x≤y ∧ ¬(a∨b) ∑∏∫√∞ ≈≠±
─│┌┐└┘ █▓▒░ ▲▼ ● ◯ ⠿⠇ ⌘⌥⇧
© ® ™ § ¶ † ‡ • ‰ ‹› „“
a\u00a0b a\u202fb a\u3000b a\u2009b a\u2028b a\u2029b a\u0085b a\u1680b
zero\u200bwidth\u200cjoin\u200der\u2060word \ufeffbom \u00adsoft
rtl \u202emark\u202c \u200f and \u200e
tab\tseparated\tvalues\there
\ta\n\tb\n\t\tc\n
 \n  \n   \n    \n
\r\nwindows\r\nlines\r\n\r\n
old\rmac\rlines\r
trailing spaces   
   leading and trailing   
a  b   c    d     e
\n\n\n
\n\n text \n\n
\t\t\t
word \t\n next
\x0b\x0c vertical and form
.
..
...
....
!?!?
-----
=====
#####
_____
*****
~~~~~
a.b.c.d
(((nested) parens) [and] {braces})
"double" 'single' `back` «guillemets»
user@example.com https://www.example.org/path/to/page?query=1&other=two#fragment
C:\\Users\\name\\file.txt /usr/local/bin/env ~/.config
<html><body class="x">&amp;&lt;&#8364;</body></html>
<|im_start|>user
<|im_end|>
<|im_start|>system\nYou are helpful<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n
text<|endoftext|>more text <|endoftext|> and <|endoftext|>
<repo_name>a/b<file_sep>c.py<|im_start|><|im_start|>
<|im_start <|im_start| <|im_start|>> <<|im_start|> |im_start|>
< |im_start|> <|im_ start|> <|IM_START|>
<jupyter_code>print(1)<jupyter_output>1<empty_output>
<s> </s> [INST] <<SYS>> <pad> <unk>
def f(x: int) -> int:\n    return x ** 2  # square\n
for i in range(10):\n\tif i % 2 == 0:\n\t\tprint(f"{i:>4}")\n
#include <stdio.h>\nint main(void) {\n    printf("%d\\n", 42);\n    return 0;\n}
let x = values.map { $0 * 2 }.filter { $0 > 10 }
SELECT * FROM users WHERE age >= 18 AND name LIKE 'A%' ORDER BY id DESC;
const f = async (a, b) => { await g(`${a}:${b ?? 'none'}`); };
{"key": [1, 2.5, null, true], "nested": {"a": "b\\u00e9"}}
fn main() { let v: Vec<u8> = vec![0; 16]; println!("{:?}", &v[..]); }
if (a && b || !c) { x += y--; z <<= 2; w ^= ~q; }
public static void main(String[] args) throws IOException
$ git commit -am "fix: don't crash" && git push --force-with-lease
\\begin{equation} \\frac{\\partial u}{\\partial t} = \\alpha \\nabla^2 u \\end{equation}
| a | b |\n|---|---|\n| 1 | 2 |\n
- item one\n- item two\n  - nested\n    1. number\n
# Title\n\nSome *emphasised* and **strong** text with `code`.\n\n```python\nprint("hi")\n```\n
camelCaseIdentifier snake_case_identifier SCREAMING_SNAKE kebab-case-name PascalCase
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
abababababababababababababababab
hahahahahahahaha lololololol
00000000000000000000
\x00 null \x01\x02\x03 control \x1b[31mred\x1b[0m
\x7f delete \x08 back \x1c\x1e\x1f separators
\x04\x06\x13\x14\x16\x1d have no token
\U000e0041\U000e0042 tags \U000f0000 \U00100000 private \ue000
\u0378 unassigned \U0001ffff \ufffe \uffff
\ufffd replacement
"""


def texts():
    """Over 200 texts, the same in every run."""
    found = [line.encode("latin-1", "backslashreplace").decode("unicode_escape") for line in SENTENCES.split("\n")[1:-1]]
    for count in (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 100):
        found.append(" " * count)
        found.append(" " * count + "x" + " " * count)
        found.append("\n" * count + "x")
    for count in (1, 2, 3, 4, 5, 6, 7, 10):
        found.append("".join(str(digit % 10) for digit in range(1, count + 1)))
        found.append("a" + "9" * count + "b " + "7" * count)
    random_source = random.Random(5)
    pieces = [" ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "'s", "'LL", "'", "a", "the", "The", "é", "ß", "中", "文字", "д", "1",
              "42", "٣", "²", "😀", "👍🏽", "!", "...", "(", "_", "$", "=", "\u0301", "\u200d", "<|im_end|>", "<|", "def", "{", "}"]
    for _ in range(80):
        found.append("".join(random_source.choice(pieces) for _ in range(random_source.randint(2, 40))))
    return list(dict.fromkeys(found))


PIECES = [
    " ", "  ", "   ", "    ", "        ", "\n", "\n\n", "\r\n", "\r", "\t", "\t\t", "\x0b", "\x0c", "\u00a0", "\u3000",
    "\u2028", "\u0085", "\u1680", "\u2009", "'s", "'S", "'t", "'T", "'re", "'RE", "'Re", "'ve", "'VE", "'m", "'M", "'ll",
    "'LL", "'Ll", "'d", "'D", "'", "''", "\u2019s", "\u2019S", "\u2019ll", "\u2019", "a", "b", "the", "The", "THE", "he", "I",
    "don", "DON", "word", "Word", "wORD", "camelCase", "HTTPServer", "iPhone", "\u00e9", "\u00c9", "\u00df", "\u1e9e", "\u017f",
    "\u0130", "\u0131", "na\u00efve", "\u00c5ngstr\u00f6m", "\u01c4", "\u01c5", "\u01c6", "\u00aa", "\u02b0", "\u2126",
    "\u212a", "\u03b1\u03b2", "\u0391\u0392", "\u0434\u0430", "\u0414\u0410", "\u10d0\u10d1", "\u1c90", "\u13a0", "\uab70",
    "\u4e2d", "\u6587\u5b57", "\u9fa5", "\u9fa6", "\u3400", "\u3042", "\u30a2", "\u30fc", "\u309d", "\uff71", "\ud55c\uae00",
    "\ud7a3", "\u0800", "\u0905\u0928", "\u0915\u094d\u0937", "\u0e44\u0e17\u0e22", "\u0639\u0631\u0628", "\u05e9\u05c1",
    "\U00020000", "\U00010400", "\U0001d518", "0", "1", "42", "123", "1234", "123456", "2026", "3.14", "1,000", "\u0663",
    "\u00b2", "\u00bd", "\u2167", "\u2460", "\u0967\u0968", "\u4e00", "\U0001d7d8", "\U0001f600", "\U0001f44d\U0001f3fd",
    "\U0001f468\u200d\U0001f469", "\u2764\ufe0f", "\U0001f1e9\U0001f1ea", "!", "?", ".", ",", "...", "!!", ";", ":", "(", ")", "[",
    "]", "{", "}", "/", "//", "\\", "_", "__", "-", "--", "$", "+", "=", "<", ">", "^", "`", "```", "|", "~", "~~", "#", "%", "&",
    "*", "**", "@", '"', "\u20ac", "\u00a3", "\u00ab", "\u00bb", "\u201c", "\u201d", "\u2026", "\u2014", "\u3001", "\u3002",
    "\uff0c", "\uff01", "\uff5e", "\u2018", "\u00d7", "\u2248", "\u2192", "\u2502", "\u0301", "\u0308\u0301", "e\u0301",
    "\u20e3", "\u200d", "\u200b", "\ufeff", "\u00ad", "\x00", "\x01", "\x07", "\x1b[0m", "\x1c", "\x7f", "\x04", "\x13", "\x1d",
    "\ufffd", "\ue000", "\U000f0000", "\u2581", "\u2581\u2581", "<0x0A>", "<s>", "</s>", "<unk>", "<|im_start|>", "<|im_end|>", "<|end|>",
    "<|", "|>", "<u>", "[X]", "<|user|>", "\u0120", "\u010a",
]


def random_texts(count, seed):
    """Texts put together of pieces: few of them many times, or many, and some characters of all of Unicode."""
    source = random.Random(seed)
    found = []
    for _ in range(count):
        pool = source.sample(PIECES, source.choice([3, 6, 20, len(PIECES)]))
        parts = source.choices(pool, k=source.randint(1, 24))
        if source.random() < 0.1:
            parts.insert(source.randrange(len(parts) + 1), known_character(source))
        found.append("".join(parts))
    return found


def known_character(source):
    """A character that has been assigned for long, so that no two tables of Unicode differ about it."""
    while True:
        character = chr(source.choice([source.randrange(0x80, 0x3100), source.randrange(0x80, 0x20000)]))
        if unicodedata.ucd_3_2_0.category(character) not in ("Cn", "Cs"):
            return character
