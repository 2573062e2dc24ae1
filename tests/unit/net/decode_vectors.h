/* Encoded by programs that know nothing of us: Python 3.11's zlib and gzip, GNU gzip 1.12,
 * zstd 1.5.4 and Node 20's brotli. "lines" are "line %d of the plain text\n" for 0 to 299. */
#ifndef HR_TEST_DECODE_VECTORS_H
#define HR_TEST_DECODE_VECTORS_H

enum decode_plain { PLAIN_LINES, PLAIN_BEGIN, PLAIN_EMPTY, PLAIN_ZEROS };

static const struct decode_vector {
    const char *name, *coding;
    enum decode_plain plain; /* BEGIN: the first 400 bytes; ZEROS: 64 MiB */
    unsigned members;        /* complete streams in a row, so that one may end after each */
    const char *base64;
} decode_vectors[] = {
    {"python gzip", "gzip", PLAIN_LINES, 1,
     "H4sIAAAAAAACA33ZO47bQBRE0dyr0BJYRTY/y3EwhgcYjB1M4OUbzn1e3FFfQdJh8eP98+21vX79eH39fHv9/vj+/v"
     "n6evvz9e3j30F0UB3sOjh0sHRw6uDSwa2Dhxf01Xn38PLh7cPrh/cPA4QFwgRhg7JB/fmzQdmgbFA2KBuUDcoGZYOd"
     "DXY22P0lYIOdDXY22NlgZ4OdDXY2ONjgYIODDQ7/ErDBwQYHGxxscLDBwQaLDRYbLDZYbLD8c8gGiw0WGyw2WGxwss"
     "HJBicbnGxwssHp/wQ2ONngZIOTDS42uNjgYoOLDS42uNjg8h8jG1xscLHBzQY3G9xscLPBzQY3G9xscFsHbHCzwcMG"
     "Dxs8bPCwwcMGDxs8bPCwwWMiDUYykjYraTOTNjtpM5Q2S2kzlTZbaTOWNteYyOgaAxoHNQ5sHNw4wHGQ40BH2zHGYz"
     "oI2jXsxxiQsSBjQsaGjBEZKzJmZOzI7MMDhWuYkrElY0zGmow5GXsyBmUsypiUOYbnK9ewKmNWxq6MYRnLMqZlbMsY"
     "l7Eus4bHTdcwMGNhxsSMjRkjM1ZmzMzYmTE0cw5P365ha8bYjLUZczP2ZgzOWJwxOWNz5hrGCNcwO2N3xvCM5RnTM7"
     "ZnjM9YnzE/cw/bjGtYoDFBY4PGCI0VGjM0dmgM0ViieYapatiqPFbZorVFa4vWFq0tWlu0tmht0dqizTDduYYtWlu0"
     "tmht0dqitUVri3bYMYchc1oyXWPYMocxc1gzhzlz2DOHQdMWrS1aW7T7MOy6hi1aW7S2aG3R2qK1RWuL1hatLdpj2L"
     "ldwxatLVpbtLZobdHaorVFa4vWFu0aZn/XsEVri9YWrS1aW7S2aG3R2qK1RXsOb0FcwxatLVpbtLZobdHaorVFa4vW"
     "Fu01vBRyDVu0tmht0dqitUVri9YWrS1aW7T38I7MNWzR2qK1RWuL1hatLVpbtLZobdE+wyvD/9X4C2ia5Jo2HwAA"},
    {"gzip -1", "x-gzip", PLAIN_LINES, 1,
     "H4sIAAAAAAAEA33WsY3bQABE0dxVqATOLJdcluNAhg8QzhcouPIN536MJ5ofvdfH5/OxPf78erx/Px9fr58fn4/38/"
     "v94/VviIZqGBp2DVPDoeHUsDRcGuLr/B6eD9+H98P/YYCwQJggbFA2KBuUDcoGZYOyQdmgbFA2KBsMNhhsMNhgsMFg"
     "g8EGgw0GGww2GGyws8HOBjsb7Gyws8HOBjsb7Gyws8HOBpMNJhtMNphsMNlgssFkg8kGkw0mGxxscLDBwQYHGxxscL"
     "DBwQYHGxxscLDByQYnG5xscLLByQYnG5xscLLByQYnGyw2WGyw2GCxwWKDxQaLDRYbLDZYbHCxwcUGFxtcbHCxwcUG"
     "FxtcbHCxwcUG2RghGytkY4Zs7JCNIbKxRDamyMYW2Rgjm2vckdE1btB4o8YbNt648QaON3K8oaPtGOMx1mPMx9iPMS"
     "BjQcaEjA0ZIzJWZMzI2JExJGNJxpSMLRljMtZkzMnYkzEoY1HGpIxNGaMyVmXMytiVMSxjWca0jG0Z4zLWZczL2Jcx"
     "MGNhxsSMjRkjM1ZmzMzYmTE0Y2nG1IytGWMz1mbMzdibMThjccbkjM0ZozNWZ8zO2J0xPGN5xvSM7RnjM9ZnzM/Ynz"
     "FAY4HGBI0NGiM0VmjM0NihMURjicYUjS1aW7S2aG3R2qK1RWuL1hatLVpbtLZobdGGFq0tWlu0tmht0dqitUVri9YW"
     "rS1aW7S2aG3R2qK1RWuL1hatLVpbtLZobdHaorVFa4vWFq0tWlu0tmht0dqitUVri9YWrS1aW7S2aG3R2qK1RWuL1h"
     "atLVpbtLZobdHaorVFa4vWFq0tWlu0tmht0dqitUVri9YWrS1aW7S2aG3R2qK1RWuL1hatLVpbtLZobdHaorVFa4vW"
     "Fq0tWlu0tmht0dqitUVri9YWrS1aW7S2aG3R2qK1RWuL9r8W/QtomuSaNh8AAA=="},
    {"gzip with a name", "gzip", PLAIN_LINES, 1,
     "H4sICMqvA2sAA25hbWUudHh0AH3YMY6cUBBF0dyr6CXwHvD5LMdBWx6pNZ6gg1m+5dznxxXVRcBRvT4+n4/t8efX4/"
     "37+fh6/fz4fLyf3+8fr3+DaFANdg0ODU4NhgaXBlODmwt6de4eLh9uH64f7h8GCAuECcIGZYP6+bNB2aBsUDYoG5QN"
     "ygZlg50NdjbY/RKwwc4GOxvsbLCzwc4GOxscbHCwwcEGh78EbHCwwcEGBxscbHCwwckGJxucbHCywenPIRucbHCywc"
     "kGJxsMNhhsMNhgsMFgg+F/AhsMNhhsMNjgYoOLDS42uNjgYoOLDS7/GNngYoOLDSYbTDaYbDDZYLLBZIPJBtM6YIPJ"
     "Bjcb3Gxws8HNBjcb3Gxws8HNBreJtDCSkbRZSZuZtNlJm6G0WUqbqbTZSpuxtLnGioyusUDjQo0LNi7cuIDjQo4LOt"
     "qOMR5jPcZ8jP0YAzIWZEzI2JAxImNFxoyMHRlDMpZkTMnYkjEmY03GnIw9GYMyFmVMytiUMSpjVcasjF0ZwzKWZUzL"
     "2JYxLmNdxryMfRkDMxZmTMzYmDEyY2XGzIydGUMzlmZMzdiaMTZjbcbcjL0ZgzMWZ0zO2JwxOmN1xuyM3RnDM5ZnTM"
     "/YnjE+Y33G/Iz9GQM0FmhM0NigMUJjhcYMjR0aQzSWaEzR2KK1RWuL1hatLVpbtLZobdHaorVFa4vWFq0tWlu0tmht"
     "0dqitUVri9YW7eKOuThkri6ZrrG4ZS6OmYtr5uKcubhnLg6atmht0dqitUVri9YWrS1aW7S2aG3R2qK1RWuL1hatLV"
     "pbtLZobdHaorVFa4vWFq0tWlu0tmht0dqitUVri9YWrS1aW7S2aG3R2qK1RWuL1hatLVpbtLZobdHaorVFa4vWFq0t"
     "Wlu0tmht0dqitUVri9YWrS1aW7S2aG3R2qK1RWuL1hatLVpbtLZobdHaorVFa4vWFu1/LfoXaJrkmjYfAAA="},
    {"every header field", "gzip", PLAIN_LINES, 1,
     "H4sIHgAAAAAA/wQAYWIAAG5hbWUAY29tbWVudAC1QX3ZO47bQBRE0dyr0BJYRTY/y3EwhgcYjB1M4OUbzn1e3FFfQd"
     "Jh8eP98+21vX79eH39fHv9/vj+/vn6evvz9e3j30F0UB3sOjh0sHRw6uDSwa2Dhxf01Xn38PLh7cPrh/cPA4QFwgRh"
     "g7JB/fmzQdmgbFA2KBuUDcoGZYOdDXY22P0lYIOdDXY22NlgZ4OdDXY2ONjgYIODDQ7/ErDBwQYHGxxscLDBwQaLDR"
     "YbLDZYbLD8c8gGiw0WGyw2WGxwssHJBicbnGxwssHp/wQ2ONngZIOTDS42uNjgYoOLDS42uNjg8h8jG1xscLHBzQY3"
     "G9xscLPBzQY3G9xscFsHbHCzwcMGDxs8bPCwwcMGDxs8bPCwwWMiDUYykjYraTOTNjtpM5Q2S2kzlTZbaTOWNteYyO"
     "gaAxoHNQ5sHNw4wHGQ40BH2zHGYzoI2jXsxxiQsSBjQsaGjBEZKzJmZOzI7MMDhWuYkrElY0zGmow5GXsyBmUsypiU"
     "OYbnK9ewKmNWxq6MYRnLMqZlbMsYl7Eus4bHTdcwMGNhxsSMjRkjM1ZmzMzYmTE0cw5P365ha8bYjLUZczP2ZgzOWJ"
     "wxOWNz5hrGCNcwO2N3xvCM5RnTM7ZnjM9YnzE/cw/bjGtYoDFBY4PGCI0VGjM0dmgM0ViieYapatiqPFbZorVFa4vW"
     "Fq0tWlu0tmht0dqizTDduYYtWlu0tmht0dqitUVri3bYMYchc1oyXWPYMocxc1gzhzlz2DOHQdMWrS1aW7T7MOy6hi"
     "1aW7S2aG3R2qK1RWuL1hatLdpj2LldwxatLVpbtLZobdHaorVFa4vWFu0aZn/XsEVri9YWrS1aW7S2aG3R2qK1RXsO"
     "b0FcwxatLVpbtLZobdHaorVFa4vWFu01vBRyDVu0tmht0dqitUVri9YWrS1aW7T38I7MNWzR2qK1RWuL1hatLVpbtL"
     "ZobdE+wyvD/9X4C2ia5Jo2HwAA"},
    {"two members", "GZIP", PLAIN_LINES, 2,
     "H4sIAAAAAAACA33XO24bQRRE0dyr4BK6+t/LcUDDAghZAQMt33Du03FF7xCcufP6+Hw+yuPPr8f79/Px9fr58fl4P7"
     "/fP17/hmioGpqGrmFomBqWhq3h8ECfztvD48Prw/PD+0OAUCAkCA0qDap/fxpUGlQaVBpUGlQaVBpUGjQaNBo0/wlo"
     "0GjQaNBo0GjQaNBo0GnQadBp0P0koEGnQadBp0GnQafBoMGgwaDBoMHw45AGgwaDBoMGgwaTBpMGkwaTBpMG0+8EGk"
     "waTBpMGiwaLBosGiwaLBosGiy/GGmwaLBosGmwabBpsGmwabBpsGmwXQc02DQ4NDg0ODQ4NDg0ODQ4NDg0OE6kSyM5"
     "koorqTiTijupOJSKS6k4lYpbqTiWijVuyWiNSzReqvGSjZduvITjpRwv6eh2jOMx9VLQ1nA/xgEZF2SckHFDxhEZV2"
     "SckXFHpl0+KKzhlIxbMo7JuCbjnIx7Mg7KuCjjpEy/fF9Zw1UZZ2XclXFYxmUZp2X+35Z/AVfzlR6bDwAAH4sIAAAA"
     "AAAAA3XWO04EMQAFwZxTzBHsZ48/xyFYxEirhWACjo9ETMWdVdTX63HUM8fXx3F/Po7v5/v1Ou7Hz/32vP5Sc+pOp9"
     "Nwmk7LaTON4lSdrDGsMawxrDGsMawxrDGsMa0xrTGtMa0xrTGtMa0xrTGtMa2xrLGssayxrLGssayxrLGssayxrLGt"
     "sa2xrbGtsa2xrbGtsa2xrbGpkUKNFGqkUCOFGinUSKFGCjVSqJFCjRRrVGtUa1RrVGtUa1RrVGtUa1RrVGvEGrFGrB"
     "FrxBqxRqwRa8QasUazRrNGs0azRrNGs0azRrNGs0azRrdGt0a3RrdGt0a3RrdGt0a3RrfGaY3TGn7R+EXjF41fNH7R"
     "+EXjF41fNH7R+EXjF41fNH7R+EXjF41fNH7R+EXjF41fNH7R+EXjF41fNH7R+EXjF41fNH7R+EXjF41fNH7R+EXjF4"
     "1fNH7R+EXjF41fNH7R+EXjF41fNH7R+EXjF82/L/oLQLo99ZsPAAA="},
    {"an empty member between", "gzip", PLAIN_LINES, 3,
     "H4sIAAAAAAACA33XO24bQRRE0dyr4BK6+t/LcUDDAghZAQMt33Du03FF7xCcufP6+Hw+yuPPr8f79/Px9fr58fl4P7"
     "/fP17/hmioGpqGrmFomBqWhq3h8ECfztvD48Prw/PD+0OAUCAkCA0qDap/fxpUGlQaVBpUGlQaVBpUGjQaNBo0/wlo"
     "0GjQaNBo0GjQaNBo0GnQadBp0P0koEGnQadBp0GnQafBoMGgwaDBoMHw45AGgwaDBoMGgwaTBpMGkwaTBpMG0+8EGk"
     "waTBpMGiwaLBosGiwaLBosGiy/GGmwaLBosGmwabBpsGmwabBpsGmwXQc02DQ4NDg0ODQ4NDg0ODQ4NDg0OE6kSyM5"
     "koorqTiTijupOJSKS6k4lYpbqTiWijVuyWiNSzReqvGSjZduvITjpRwv6eh2jOMx9VLQ1nA/xgEZF2SckHFDxhEZV2"
     "SckXFHpl0+KKzhlIxbMo7JuCbjnIx7Mg7KuCjjpEy/fF9Zw1UZZ2XclXFYxmUZp2X+35Z/AVfzlR6bDwAAH4sIAAAA"
     "AAACAwMAAAAAAAAAAAAfiwgAAAAAAAIDddY7TgNBFEXBnFXMEvxu9/RnOQRGjGQZAgcsH4mYik9W0bme96POHF8fx+"
     "vzfnw/3q/n8br/vN4e119qTt3pdBpO02k5baZxcyonawxrDGsMawxrDGsMawxrTGtMa0xrTGtMa0xrTGtMa0xrTGss"
     "ayxrLGssayxrLGssayxrLGssa2xrbGtsa2xrbGtsa2xrbGtsa2xq5HZzKqc4NafudDoNp+m0nKxR1ihrlDXKGmWNsk"
     "ZZo6xR1ihrxBqxRqwRa8QasUasEWvEGrFGs0azRrNGs0azRrNGs0azRrNGs0a3RrdGt0a3RrdGt0a3RrdGt0a3xmmN"
     "0xp+0fhF4xeNXzR+0fhF4xeNXzR+0fhF4xeNXzR+0fhF4xeNXzR+0fhF4xeNXzR+0fhF4xeNXzR+0fhF4xeNXzR+0f"
     "hF4xeNXzR+0fhF4xeNXzR+0fhF4xeNXzR+0fhF4xeNXzR+0fhF4xfNvy/6C0C6PfWbDwAA"},
    {"empty gzip", "gzip", PLAIN_EMPTY, 1, "H4sIAAAAAAACAwMAAAAAAAAAAAA="},
    {"python zlib", "deflate", PLAIN_LINES, 1,
     "eNp92TuO20AURNHcq9ASWEU2P8txMIYHGIwdTODlG859XtxRX0HSYfHj/fPttb1+/Xh9/Xx7/f74/v75+nr78/Xt49"
     "9BdFAd7Do4dLB0cOrg0sGtg4cX9NV59/Dy4e3D64f3DwOEBcIEYYOyQf35s0HZoGxQNigblA3KBmWDnQ12Ntj9JWCD"
     "nQ12NtjZYGeDnQ12NjjY4GCDgw0O/xKwwcEGBxscbHCwwcEGiw0WGyw2WGyw/HPIBosNFhssNlhscLLByQYnG5xscL"
     "LB6f8ENjjZ4GSDkw0uNrjY4GKDiw0uNrjY4PIfIxtcbHCxwc0GNxvcbHCzwc0GNxvcbHBbB2xws8HDBg8bPGzwsMHD"
     "Bg8bPGzwsMFjIg1GMpI2K2kzkzY7aTOUNktpM5U2W2kzljbXmMjoGgMaBzUObBzcOMBxkONAR9sxxmM6CNo17McYkL"
     "EgY0LGhowRGSsyZmTsyOzDA4VrmJKxJWNMxpqMORl7MgZlLMqYlDmG5yvXsCpjVsaujGEZyzKmZWzLGJexLrOGx03X"
     "MDBjYcbEjI0ZIzNWZszM2JkxNHMOT9+uYWvG2Iy1GXMz9mYMzlicMTljc+YaxgjXMDtjd8bwjOUZ0zO2Z4zPWJ8xP3"
     "MP24xrWKAxQWODxgiNFRozNHZoDNFYonmGqWrYqjxW2aK1RWuL1hatLVpbtLZobdHaos0w3bmGLVpbtLZobdHaorVF"
     "a4t22DGHIXNaMl1j2DKHMXNYM4c5c9gzh0HTFq0tWlu0+zDsuoYtWlu0tmht0dqitUVri9YWrS3aY9i5XcMWrS1aW7"
     "S2aG3R2qK1RWuL1hbtGmZ/17BFa4vWFq0tWlu0tmht0dqitUV7Dm9BXMMWrS1aW7S2aG3R2qK1RWuL1hbtNbwUcg1b"
     "tLZobdHaorVFa4vWFq0tWlu09/COzDVs0dqitUVri9YWrS1aW7S2aG3RPsMrw//V+Avxq0yb"},
    {"zlib, small window", "deflate", PLAIN_LINES, 1,
     "GNN1z7FtIDYMAMA+U3gEkaIkcpwUDvKA8fnCxY8fpM/VV93Xj5+fH+vjn78+vv/+/Pj19eePnx/fn7+///j6D0KQgi"
     "0owRFcwRO0YBhclKAkZVOKciiX8ihNGUkuSlCSsilFOZRLeZSmjGQvSlCSsilFOZRLeZSmjKQWJShJ2ZSiHMqlPEpT"
     "RnIWJShJ2ZSiHMqlPEpTRnIXJShJ2ZSiHMqlPEpTRvIWJShJ2ZSiHMqlPEpTRtKLEpSkbEpRDuVSHqUpI5lFCUpSNq"
     "Uoh3Ipj9KUkcRapjClaZvKdEzX9ExtGlIsU5jStE1lOqZreqY2DSmXKUxp2qYyHdM1PVObhrSXKUxp2qYyHdM1PVOb"
     "hlTLFKY0bVOZjumanqlNQzrLFKY0bVOZjumanqlNQ7rLFKY0bVOZjumanqlNQ3rLFKY0bVOZjumanqlNQ+plClOatq"
     "lMx3RNz9SmIc0yhSlN21SmY7qmZ2rTiHItU5jStE1lOqZreqY2DSmWKUxp2qYyHdM1PVObhpTLFKY0bVOZjumanqlN"
     "Q9rLFKY0bVOZjumanqlNQ6plClOatqlMx3RNz9SmIZ1lClOatqlMx3RNz9SmId1lClOatqlMx3RNz9SmIb1lClOatq"
     "lMx3RNz9SmIfUyhSlN21SmY7qmZ2rTkGaZwpSmbSrTMV3TM7Vp/of+BfGrTJs="},
    {"bare", "deflate", PLAIN_LINES, 1,
     "fdk7jttAFETR3KvQElhFNj/LcTCGBxiMHUzg5RvOfV7cUV9B0mHx4/3z7bW9fv14ff18e/3++P7++fp6+/P17ePfQX"
     "RQHew6OHSwdHDq4NLBrYOHF/TVeffw8uHtw+uH9w8DhAXCBGGDskH9+bNB2aBsUDYoG5QNygZlg50NdjbY/SVgg50N"
     "djbY2WBng50NdjY42OBgg4MNDv8SsMHBBgcbHGxwsMHBBosNFhssNlhssPxzyAaLDRYbLDZYbHCywckGJxucbHCywe"
     "n/BDY42eBkg5MNLja42OBig4sNLja42ODyHyMbXGxwscHNBjcb3Gxws8HNBjcb3GxwWwdscLPBwwYPGzxs8LDBwwYP"
     "Gzxs8LDBYyINRjKSNitpM5M2O2kzlDZLaTOVNltpM5Y215jI6BoDGgc1Dmwc3DjAcZDjQEfbMcZjOgjaNezHGJCxIG"
     "NCxoaMERkrMmZk7MjswwOFa5iSsSVjTMaajDkZezIGZSzKmJQ5hucr17AqY1bGroxhGcsypmVsyxiXsS6zhsdN1zAw"
     "Y2HGxIyNGSMzVmbMzNiZMTRzDk/frmFrxtiMtRlzM/ZmDM5YnDE5Y3PmGsYI1zA7Y3fG8IzlGdMztmeMz1ifMT9zD9"
     "uMa1igMUFjg8YIjRUaMzR2aAzRWKJ5hqlq2Ko8VtmitUVri9YWrS1aW7S2aG3R2qLNMN25hi1aW7S2aG3R2qK1RWuL"
     "dtgxhyFzWjJdY9gyhzFzWDOHOXPYM4dB0xatLVpbtPsw7LqGLVpbtLZobdHaorVFa4vWFq0t2mPYuV3DFq0tWlu0tm"
     "ht0dqitUVri9YW7Rpmf9ewRWuL1hatLVpbtLZobdHaorVFew5vQVzDFq0tWlu0tmht0dqitUVri9YW7TW8FHINW7S2"
     "aG3R2qK1RWuL1hatLVpbtPfwjsw1bNHaorVFa4vWFq0tWlu0tmht0T7DK8P/1fgL"},
    {"bare, stored", "deflate", PLAIN_BEGIN, 1,
     "AZABb/5saW5lIDAgb2YgdGhlIHBsYWluIHRleHQKbGluZSAxIG9mIHRoZSBwbGFpbiB0ZXh0CmxpbmUgMiBvZiB0aG"
     "UgcGxhaW4gdGV4dApsaW5lIDMgb2YgdGhlIHBsYWluIHRleHQKbGluZSA0IG9mIHRoZSBwbGFpbiB0ZXh0CmxpbmUg"
     "NSBvZiB0aGUgcGxhaW4gdGV4dApsaW5lIDYgb2YgdGhlIHBsYWluIHRleHQKbGluZSA3IG9mIHRoZSBwbGFpbiB0ZX"
     "h0CmxpbmUgOCBvZiB0aGUgcGxhaW4gdGV4dApsaW5lIDkgb2YgdGhlIHBsYWluIHRleHQKbGluZSAxMCBvZiB0aGUg"
     "cGxhaW4gdGV4dApsaW5lIDExIG9mIHRoZSBwbGFpbiB0ZXh0CmxpbmUgMTIgb2YgdGhlIHBsYWluIHRleHQKbGluZS"
     "AxMyBvZiB0aGUgcGxhaW4gdGV4dApsaW5lIDE0IG9mIHRoZSBwbGFpbiB0ZXh0CmxpbmUgMTUgb2YgdGhlIHBsYWlu"},
    {"bare, fixed codes", "deflate", PLAIN_LINES, 1,
     "y8nMS1UwUMhPUyjJSFUoyEnMzFMoSa0o4coBSRjikjDCJWGMS8IEl4QpLgkzXBLmuCQscElY4vQgbq/j9LshTs8b4v"
     "S9IU7vG+L0vyHOADDEGQKGOIPAEGcYGOEMAyPc8Y8zDIxwhoERzjAwwhkGRjjDwAhnGBjhDAMjnGFgjDMMjHGGgTHu"
     "TIAzDIxxhoExzjAwxhkGxjjDwBhnGBjjDAMTnGFggjMMTHCGgQnukgBnGJjgDAMTnGFggjMMTHCGgQnOMDDFGQamOM"
     "PAFGcYmOIMA1PcxSHOMDDFGQamOMPAFGcYmOIMAzOcYWCGMwzMcIaBGc4wMMMZBma46wScYWCGMwzMcIaBGc4wMMcZ"
     "BuY4w8AcZxiY4wwDc5xhYI4zDMxxV4w4w8AcZxiY4wwDC5xhYIEzDCxwhoEFzjCwwBkGFjjDwAJnGFjgbh3gDAMLnG"
     "FgiTMMLHGGgSXOMLDEGQaWOMPAEmcYWOIMA0ucYWCJu4mEp42Eu5FkgLuVZIC7mWSAu51kgLuhZIC7pWSAu6lkgLut"
     "ZIC7sWSAOzTwNRlxhwaeRiOeViOeZiOediOehiOeliOepiPutqMh7sajoRGeFjTu0MDdfjTE3YA0xN2CNMTdhDTE3Y"
     "Y0xN2INMTdijTE3Yw0xN2ONDTG06HAHRq4m5KGuNuShrgbk4a4W5OGuJuThrjbk4a4G5SGuFuUhriblIYmePpXuEMD"
     "d6vSEHez0hB3u9IQd8PSEHfL0hB309IQd9vSEHfj0hB369LQFE93E3do4G5gGuJuYRribmIa4m5jGuJuZBribmUa4m"
     "5mGuJuZxribmgamuHpfeMODdxtTUPcjU1D3K1NQ9zNTUPc7U1D3A1OQ9wtTkPcTU5D3G1OQ3M8gxG4QwN3s9MQd7vT"
     "EHfD0xB3y9MQd9PTEHfb0xB349MQd+vTEHfz09ACz9gM7tDA3QI1xN0ENcTdBjXE3Qg1xN0KNcTdDDXE3Q41xN0QNc"
     "TdEjW0xDNUhWesCvdgFe62qBHutqgR7raoEe62qBHutqgR7raoEe62qBHutqgR7raokSGeoTvcoYG7LWqEuy1qhLst"
     "aoS7LWqEuy1qhLstaoS7LWqEZxwTz0AmvpFM3KGBZywTz2AmntFMPMOZeMYz8Qxo4m6LGuFuixrhbosaGeMZ2MUdGr"
     "jboka426JGuNuiRrjboka426JGuNuiRrjboka426JGuNuiRiZ4xrlxhwbutqgR7raoEe62qBHutqgR7raoEe62qBHu"
     "tqgR7raoEe62qJEpnmF/3KGBuy1qhLstaoS7LWqEuy1qhLstaoS7LWqEuy1qhLstaoS7LWpkhmcWBHdo4G6LGuFuix"
     "rhbosa4W6LGuFuixrhbosa4W6LGuFuixrhbosameOZFMIdGrjboka426JGuNuiRrjboka426JGuNuiRrjboka426JG"
     "uNuiRhZ45shwhwbutqgR7raoEe62qBHutqgR7raoEe62qBHutqgR7raoEe62qJElnilDbKEBAA=="},
    {"empty zlib", "deflate", PLAIN_EMPTY, 1, "eJwDAAAAAAE="},
    {"empty bare", "deflate", PLAIN_EMPTY, 1, "AwA="},
    {"zstd -19", "zstd", PLAIN_LINES, 1,
     "KLUv/QRoZAYAks4fFqAn6WDC+3tMzADgHEL23lvK3Kx4KgY0TdM0TdM03XvvvffeO+ecc8455///////8zzP8zzP81"
     "zIWVH5lELOisqHFHJWVD5XyFlR+VghZ0XlU4WcFZUPFXJWVD4t5KyofFjIWVH5F3JWVA44EsZRGAiBAqIwBkchOBRT"
     "GAZCIYCWqBGA+v5v0FPlESQE/4v8K21tamdXM7u60QgJIXyQDmKDZBAXZAUxQSLc5cF54AI6D1xA54EL6DxwAU3+N3"
     "90t1SrZmvEAKkCzQQAppIfCrAbxiRJSCDEmFUmABsAGQAzMzMzMzMzKysrKysrKysrKyMjIyMjIyMjIyMbGxsbGxsb"
     "GxsbC//v7u7u7oIgCIIgCILg2dnZ2dnZ2dnZmZmZCarHcRzHcRzHURRFURRFURTDMAzDMAzD8P9VVVVVVVVVVVVVVV"
     "VVVVVVVVUDgJaoEBA/4PczEfyvEPgbaXEFPGrVMsp74fGFpg=="},
    {"zstd without checksum", "zstd", PLAIN_LINES, 1,
     "KLUv/QBIzQkAxlUwFMBnObBHBGwShf+vUkqZUkqsiuOwMgAnACcA////t23bttu2bVuSJEly27ZtRSN3uYKh4EAAgJ"
     "BgQCgUHAIIDgqGAYSCgEEhCoaCA0Ft25IkSZLbtm1bLBaLxWKxWCxWVVVVVUVERERENDMzMzMjIiIiIvLbgsFgMBgM"
     "BoPBqqqqqioiIiIiopmZmZkZEREREZH////ftm3bbttVVVVVVUREREREMzMzMzMiIiIiIv///79t27bdtm3bkiRJkt"
     "u2LYErqCHs7n8HsUclHRH8nxA4YD++2Tyv5/N8Pp/r+Xw8rSmtV1pXmz6u5/O5nc/n9Xxez4lQCqHrg1YHpQ26Mihd"
     "0Kqga4JShO6uu+7eu/fee/fefffdffftQBvoBYpAD+gFVIAGUI/+qV+va61lLXRB8+pXAQ=="},
    {"two frames", "zstd", PLAIN_LINES, 2,
     "KLUv/QRYlQYAQgscFqAXpA2ggNVWfp4BwJ3I7p1S8qCGUzEz////v23btt22bduSJElSRERERIR3d3d3d2ZmZmZmVV"
     "VVVVVERERERDMzMzMz////v23btt22bduSJEnyrGjucgjFQAAYHAgGoxgCiIIhDBgMAYIhQygGIoCXqCH49r8DsKOS"
     "VgMR/K8QVKQ+Buh93u3bntfzvC89ROxpIxkTCRPpJaJLREtklsgrESqRUyK7KCEaFWKUijiiRoxSERxsg1WwCdbACq"
     "yADbB1/9afdtfuLl90Xm0VOGMhgii1L/0EWP0EAIJLGxegJWkxoANfW9lmzv8XEdndvZmDOnRfAf////////////9q"
     "4llNc6uJZzWNrSae1TS1mnhW07yaeFbT0GriWU0zryae1TS7mnhW0+hq4llNk6uJZzUNriaeFREoAaSMYhAQAIMQyh"
     "gUxkeDFEOAlKgh6LX/GfCl7REoBP8JQULxA51BFvMoFU7KpUy/zRzKN86r6L+7VJOP2wFZBTXXHDY="},
    {"skippable frames", "zstd", PLAIN_LINES, 5,
     "WipNGAUAAABza2lwISi1L/0EWJUGAEILHBagF6QNoIDVVn6eAcCdyO6dUvKghlMxM////79t27bdtm3bkiRJUkRERE"
     "SEd3d3d3dmZmZmZlVVVVVVREREREQzMzMzM////79t27bdtm3bkiRJ8qxo7nIIxUAAGBwIBqMYAoiCIQwYDAGCIUMo"
     "BiKAl6gh+Pa/A7CjklYDEfyvEFSkPgbofd7t257X87wvPUTsaSMZEwkT6SWiS0RLZJbIKxEqkVMiuyghGhVilIo4ok"
     "aMUhEcbINVsAnWwAqsgA2wdf/Wn3bX7i5fdF5tFThjIYJaKk0YBQAAAHNraXAhKLUv/QRY/QQAgksbF6AlaTGgA19b"
     "2WbO/xcR2d29mYM6dF8B/////////////2riWU1zq4lnNY2tJp7VNLWaeFbTvJp4VtPQauJZTTOvJp7VNLuaeFbT6G"
     "riWU2Tq4lnNQ2uJp4VESgBpIxiEBAAgxDKGBTGR4MUQ4CUqCHotf8Z8KXtESgE/wlBQvEDnUEW8ygVTsqlTL/NHMo3"
     "zqvov7tUk4/bAVkFNdccNloqTRgFAAAAc2tpcCE="},
    {"empty zstd", "zstd", PLAIN_EMPTY, 1, "KLUv/SQAAQAAmenYUQ=="},
    {"nothing but a skippable frame", "zstd", PLAIN_EMPTY, 1, "WipNGAUAAABza2lwIQ=="},
    {"brotli 11", "br", PLAIN_LINES, 1,
     "GzUfABwJdqzJKh0TDyNUuo4NUzVEd4EyeysFEBTYAUDDY0ZhEUYaYFVZvVSbaun9X9eWezwkgUgiU6g0tHSPyH8DRp"
     "PZYrWxpWv8BqPJbLHa2NI1fYPRZLZYbWzpmr/BaDJbrDa2dC3fYDSZLVYbW7rWbzCazBarjS1dm28wmswWq40tXdtv"
     "MJrMFquNLV27bzCazBarjS3dJ/7XCCQKjcHi4NpFfAQShcZgcXDtIj8CiUJjsDi4dlEfgUShMVgcXLvoj0Ci0BgsDq"
     "5dzEcgUWgMFgfXLvYjkCg0BouDaxfnI5AoNAaLg2sX9yOQKDQGi4NrF+8jkCg0BouDSzfJ/xFIFBqDxcG1i/gIJAqN"
     "weLg2kV+BBKFxmBxcO2iPgKJQmOwOLh20R+BRKExWBxcu5iPQKLQGCwOrl3sRyBRaAwWB9cuzkcgUWgMFgfXLu5HIF"
     "FoDBYH1y7eRyBRaAwWB3d0"},
    {"brotli 5, window 2^10", "br", PLAIN_LINES, 1,
     "oaj5ACCmjf/lMeoJufNtKwWChJxCHBV5AkAWD62InYIFH7DIHEsL0aSHf39//n1/3uc1Pad7ff6+//99hQQiiUyh0t"
     "DSjah/Z4MNNthggw022MBoNBqNRqPRaDSZTCaTyWQymcxms9lsNpvNZovFYrFYLBaLxWq1Wq1Wq9VqtbGxsbGxsbGx"
     "sbG1tbW1tbW1tbW1s7Ozs7Ozs7Oz+4n3YgQShcZgcXAvF0EgEAgEAoFAIJBIJBKJRCKRSBQKhUKhUCgUCo1Go9FoNB"
     "qNxmAwGAwGg8FgsFgsFovFYrFYHBwcHBwcHBwcHFxcXFxcXFxcXFw8PDw8PDw8PDy7xtf4Gl/ja3yNr/E1vsYX+RAI"
     "BAKBQCAQCCQSiUQikUgkEoVCoVAoFAqFQqPRaDQajUajMRgMBoPBYDAYLBaLxWKxWCwWBwcHBwcHBwcHBxcXFxcXFx"
     "cXFxcPDw8PDw8PD+94"},
    {"brotli 1, window 2^24", "br", PLAIN_LINES, 1,
     "j5oPAICqqqrq/+6Xkx2OQiSiqiK3YxwsIBzAwSMOfgiq6qwwpx0GV+EA4FFlixGgPtX31/N9X3H9fl+fn/v6e30939"
     "fn/v88Pr8ACUpQgRZogw6oQQPifLrdHwNILCAxgcQGEiNIrCAxg8QOkiRJkiRJkiRJkiRJSUpSkpKUpCQlKUlJSlKR"
     "ilSkIhWpSEUqUpGKtEiLtEiLtEiLtEiLtEiLtEmbtEmbtEmbtEmbtEmbdEiHdEiHdEiHdEiHdEiH1KQmNalJTWpSk5"
     "rUpCYNaUhDGtKQhjSkIQ1pyIghZMQSMmIKGbGFjBhDRqwhI+aQEXvIiEFkxCJ0zsbjItdwvJbjNR2v7XiNx2s9XvPx"
     "2I8RkBQFSZGQFA1JEZEUFUmRkRQdSRGSFCVJkZIULUkRkxQ1SZGTFD1JEZQURUmRlBRNSRGVFFVJkZUUXUkRlhRlSZ"
     "GWFG1JEZcUdUmRlxR9SRGYFIVJkZgUjUkRmRSVSZGZFJ1JEZoUpUmRmhStSRGbFLVJkZsUvUkRnBTFSZGcFM1JEZ0U"
     "1UmRnRTdSRGeFOVJkZ4U7UkRnxT1SZGfFP1JEaAUBUqRoBQNShGhFBVKkaEUHUoRohQlSpGiFC1KEaMUNUqRoxQ9So"
     "kSJUqUKFGiRIkSJUqUKFGiRIkSJUqUKFGiRIkSJUqUKFGiRIkSJUqUKFGiRIkSJUqUKFGiRIkSJUqUKFGiRIkSJUqU"
     "KFGiRIkSJUqUKFGiRIkSJUqUKFGiRIkSJUqUKFGiRIkSJUqUKFGiRIkSJUp/Aw=="},
    {"brotli 0", "BR", PLAIN_LINES, 1,
     "i5oPAICqqqrq/66XEx2Obub77agHVlABEBDVAx/0/67699xb3TOqy9sY7ooXCwsLGxureplRHXz48GMwGIzjTFbVYD"
     "AYDAaDOdQZkYrSKBwW2kn2nuDrGSUerIGn2NmjsI7bTfDLvcJv9wp/ulf4y73C3+4V/nGv8K97hf/cK/zvXuFX8V+1"
     "rfx+AeA1fkHgNX6B4DV+weA1fgHhNX5B4TV+geE1fsHhNX671/jtXuO3e43f7jV+u9f47V7jt3uN3+41frvX+O1e40"
     "/3Gn+61/jTvcaf7jX+dK/xp3uNP91r/Ole40/3Gn+61/jLvcZf7jX+cq/xl3uNv9xr/OVe4y/3Gn+51/jLvcZf7jX+"
     "dq/xt3uNv91r/O1e42/3Gn+71/jbvcbf7jX+dq/xt3uNf9xr/ONe4x/3Gv+41/jHvcY/7jX+ca/xj3uNf9xr/ONe41"
     "/3Gv+61/jXvca/7jX+da/xr3uNf91r/Ote41/3Gv+61/jPvcZ/7jX+c6/xn3uN/9xr/Ode4z/3Gv+51/jPvcZ/7jX+"
     "d6/xv3uN/91r/O9e43/3Gv+71/jfvcb/7jX+d6/xv3tNXA9AvCauByReE9cDFK+J6wGL18T1AMZr4npA4zVxPcDxmr"
     "ge8HhNXA+AvCauB0Retdls3AiRrYbjVstxq+m41XbcajxutR63mo8b7Ue/DMhX+WVBvsovE/JVftmQr4rrpo9XbbQi"
     "/TIjX+WXHfkqvwzJV/llSb7KL1PyVX7Zkq/yy5h8lV/W5Kv8Midf5Zc9+Sq/DMpX+WVRvsovk/JVftmUr/LLqHyVX1"
     "blq/wyK1/ll135Kr8My1f5ZVm+yi/T8lV+2Zav8su4fJVf1uWr/DIvX+WXffkqvwzMV/llYb7KLxPzVX7ZmK/yy8h8"
     "VVxvSfqqjWamX3bmq/wyNF/ll6X5Kr9MzVf5ZWu+yi9j81V+WZuv8svcfJVf9uar/DI4X+WXxfkqv0zOV/llc77KL6"
     "PzVX5Zna/yy+x8lV9256v8Mjxf5Zfl+Sq/TM9X+WV7viqun83xqo3WZ1w/m+NVG+1PvwzQV8X1szletdEE9csGfZVf"
     "Ruir4vrZHK/aaIb6ZYe+yi9D9FV+WaKv8ssUfZVftuir/DJGX+WXNfqquP4W2Ks22qN+u1f57V7lt3uV3+5VfrtX+e"
     "1e5bd7ld/uVX67V/ntXuW3e5Xf7lV+u1f57V7lt3uV3+5VfrtX+e1e5bd7ld/uVX67V/ntXuW3e5Xf7lV+u1f57V7l"
     "t3uV3+5VfrtX+e1e5bd7ld/uVX67V/ntXuW3e5Xf7lV+u1f57V7lt3uV3+5VfrtX+e1e5bd7ld/uVX67V/ntXuW3e5"
     "Xf7lV+u1f57V7lt3uV3+5VfrtX+e1e5bd7ld/uVX67V/ntXuW3e5Xf7lV+u1f57V7lt3uV3+5VfrtX+e1e5bd7ld/u"
     "VX67V/ntXuW3e5Xf7lV+u1f57V7lt3uV3+5VfrtX+e1e5bd7ld/uVX67V/ntXuW3e5Xf7lV+u1f57V7lt3uV3+5Vfr"
     "tX+e1e5bd7ld/uVX67V/ntXuW3e5Xf7lV+u1f57V7lt3uV3+6lAQ=="},
    {"empty brotli", "br", PLAIN_EMPTY, 1, "Ow=="},
    {"gzip, then br", "gzip, br", PLAIN_LINES, 1,
     "G+QCAGaAziXeFnzVk7e1C3w7+Dbn24tjdfWgMi9Cljuw598Cww6oBRToW/aEYYuyMKtFrSWIedDi7EyWX0gJK4IUJP"
     "YjpKRv1lqE1Ntq7i1t+F2ibrcPtsn32ymU18UMj7Z0gkU3XRpOue4qcx9tXxwfjEq6tXjl5uKN64tLM0tLs3PX5scn"
     "B9ubd3FPGg6Ym3JDub59LWVpf3kinYnKq9MjY62DGf2iaaI0XzZdxp0XvmtxNmJX7QfPk/BG8AmQJ0fjvQUuwTWL69"
     "wuptaNcWJa0+LG4wGEZfXQtDQ5edDA01fDIEAb3ArbeYYuoDlG5Bueliu3AXzDTe+yDGxa20LlPQa2w7E1LR68IE3G"
     "VqwBnTx9w9IK5UzABlGEc5SnkSFHBC09R0LpI6uB/aRH8BYW+TFsceAn8BF+Cjv+zzO4+kVOj760vjyF4GnQYJrq96"
     "Dd9kA9hCPmCnWUgWzdB2Erkd24EFPT20KiUwdyBjKkBZwXj8LWIUfxV5iZ3nWSHG1r3osnZsLuLdWhm5Hz+D/MXS+f"
     "9I3mma/7PGx7hDD7WPXOnYg7nokF660hn6cXFNS8hIxRwonmf+4cvAaL0kPJU3SVIrs3kBmCdunjCtU7LZDL+AjWqV"
     "dOjmZgxXbvIRuUWI9x7D5AuxAerhCspU82vsRUKbX7dFX4k13zy/J87aeofZygKu2/2xwcI6OZXqV1nwp3NsYJLZvZ"
     "u1QDiVahDiRnpIYkglA7ssgMrVl+V3k3nd85EN/Cr6IOqYlzzojpVzGoT79dHTp6itcJPrucOjklUdMf8BGsTI+EFF"
     "A8AUvrjC0Zy5UzysxXHa/gFRIS"},
    {"br, then gzip", "br,gzip", PLAIN_LINES, 1,
     "H4sIAAAAAAACA5M2lWeQ4Sxbc1JLVphfOWRXH2+wqUt5o1G1NquAyA1Gh8PJbomCblIJoZF7Q2Znvfwbf31atY1Ko4"
     "dS8AqTLSX9J+qZ3SbfTNq6cWn2H7bFJ3M23rpxybS2+WLKtojcnJez9h/MMIpeY7atRPd+gslM3TDp6F3X8g1mnRFb"
     "3asbOxvOug1n7Yax7qr/u86hwtV78NGDW641LEKtxxIKC94q2TN1OiVvsNhRFijf6LLQMEImZveLfodFFyR0+NbFnn"
     "FXCMzgEWO/rvdNeYKGCVt3c7b4czjrO5z1HsryNj/5X9BDRKr56MGt3T/gttXBbFtkB7PtIty2GXDb3sBtOwdnvYOz"
     "7kFZ5SUAEyDyf2IBAAA="},
    {"zstd, then gzip", "zstd ,\tgzip", PLAIN_LINES, 1,
     "H4sIAAAAAAACA9PYqv+XJeIvJ4PaVX2RA+mWG9xZcoRa/68POjUlyGvNvexNxgzqDGoM23J3597epuo5SWV77m0zQS"
     "DQnLV7jggPKzsTQwsLs9PCBwIOBQEGPAoiLDxcgQYiMhxMukDFO4GaOjs6OjxcgKAlJBQIQHoFz54Bgj/////fxqyk"
     "pCTUfTRpY4SOWHcoFgW5t8tub8sFy4AMcTEGAaDEfqDRd4Gyk1Q8JwEVzO5gadReofjldT37RnfVtWyCf+YLWETU8c"
     "wqevloqbZ1Wc7OEpun33/W/zv//+aDR0c8vc1ybhQU+gWzfM0J6fZs9fw76ZZqqLeW96qpIVorg4Jyp8SocXoaTfJR"
     "mXxERdJTbZJnSpF8AM8LJi7G3AYlB/YAhhWX7Z+yv47KXtuqVxX3V+vhx9ZlANtbuNNMAQAA"},
    {"gzip twice", "gzip, , identity, gzip", PLAIN_LINES, 1,
     "H4sIAAAAAAAAA5Pv5mAAASbm2pvWfbcdRFwu3ll9QSjC1cz+dKFBG7tEj6zPg6fS52rj7gTGO15K/Pj47+e3W/fW/a"
     "2o/VtT/fffj3//fv6q+v3569vH9x1LAmTfWFmUbCgpePXg0sG1ze3iX65Wfv/w6eHbw6/bv/Mzt7AeYkls3uT49+dm"
     "x5sLcgLMNKSn8J5iS22ey1tmduOvagKEcTMhHcywuPEgobmZl++/0IaDB9nYpWVyCkCMbl4xaR2ziJwNf4pPwDkFmw"
     "6eZFOXngNivPzPYmZx80FK82RePbMdNx4kNXdDGJ/klaVjcgo2HjzLZi59J6dgM4wRzQ7iHGbjl7bJ+bABwUhW4nUz"
     "mmSmnWk82cw603iKmXem8VSz6EzjaWbXZ5x4IcUsxW7KlyNzx+JA4YTHDu63DY8lW3HcMn1zXGLCRoVkp2NtPYKS2k"
     "ZpKW9OvDnM3Jo9Y9JG1WSfY7N6LCWrjdhSdU7NmGLZ9lz7+gat5LBj63oSJU8bLUvNOS0xfaPe5rbjvtcNDJITjx3p"
     "6ZVUNg5LO3PmxkxDk2I+//vrErOP3ejZKlls/C2N51zEHEPL5OJnUsc4rhtYJ5cf+9DzVPKy8bb0nvMR8w3ti/lv92"
     "RHLDB0TG4+xtErKmVsUpbBczFiUWXbyqwbq2zCbi7a6prdfU1srW5U9JZtGbkXby06a3B3ZxuCC5Ivu2HYrlgcZRSb"
     "fMOo3bA4wrjdsviGcbvjZYi+3wZvdqHpAJl4K/nGztjDyEZDZN5KpdVf34Bu7VbXar58xxhs6k33iBTxopsOVPT9Q9"
     "8Z0xxUMZAiu8Pah/9f/cGdMevJLDN5BgYAUpJ+3OUCAAA="},
    {"deflate, then zstd", "deflate, zstd", PLAIN_LINES, 1,
     "KLUv/QRYTRAAhB54nH3YMY6cUBBF0dyr6CXwHvD5LMdBWx6pNZ6gg1m+5dznxxXVRcBRvT4+n4/t8efX4/37+fh6/f"
     "z4fLyf3+8fr3+DaFANdg0ODU4NhgaXBlODmwt6de4eLh9uH64f7h8GCAuECcIGZYP6+bNB2aBsUDYoG5QNygZlg50N"
     "djbY/RKwwc4GOxvsbLCzHGxwsMHBBoe/BAfJBicbnGxwssHpzyEMNhhsMNhgsMFgg+F/AuBig4sNLja4/xjZJhtMNp"
     "hsMNlgssFkg8kG0zpgg8kGNxvcbHCzwc23ibQwkpG0WUmbmbTZSZuhtFlKm6m02UqbsbS5xoqMrrFA40KNCzYu3LiA"
     "40KOCzrajjEeYz3GfIz9GAMyFmRMyNiQMSJjRcaMjB0ZQzKWZEzJ2JIxJmNNxpyMPRmDMhZlTMrYlDEqY1XGrIxdGc"
     "MylmVMy9iWMS5jXca8jH0ZAzMWZkzM2JgxMmNlxsyMnRlDM5ZmTM3YmjE2Y23G3Iy9GYMzFmdMzticMTpjdcbsjN0Z"
     "wzOWZ0zP2J4xPmN9xvyM/RkDNBZoTNDYoDFCY4XGDI0dGkM0lmhM0diitUVri9YWrS1aW7S2aG3R2u3ijrk4ZK4uma"
     "6xuGUujpmLa+binLm4Zy4Omu1/LfoX8atMmwwAFKTgre7BpglQAGYgHEuOZaYCC1hG1hwXDFrwKlKpWlZR"},
    {"64 MiB of zeros", "br", PLAIN_ZEROS, 1,
     "z///fwAkAOKxQHLv//n//w+ABEAcFoDu/T////8BkACIwwLQvf/P//9/ABIAcVgAuvf/"},
};

#endif
