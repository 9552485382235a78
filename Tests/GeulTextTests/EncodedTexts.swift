import Testing

/// Texts in many languages and encodings, written by Python's codecs.
enum EncodedTexts {
  struct Sample: Sendable, CustomTestStringConvertible {
    /// The name by which the encoding is suggested.
    let encoding: String
    let text: String
    let hex: String

    var bytes: [UInt8] {
      var bytes: [UInt8] = []
      var digits = hex[...]
      while let byte = UInt8(digits.prefix(2), radix: 16), !digits.isEmpty {
        bytes.append(byte)
        digits = digits.dropFirst(2)
      }
      return bytes
    }

    var testDescription: String { "\(encoding), \(bytes.count) bytes: \(text.prefix(8))" }
  }

  /// Korean lists: with CR LF, with labels, and as a table.
  static let lists: [Sample] = [
    Sample(
      encoding: "CP949",
      text:
        "강수아\r\n조지우\r\n이도현\r\n강지우\r\n장하린\r\n김민준\r\n조철수\r\n이은호\r\n이철수\r\n김도현\r\n최지우\r\n임영희\r\n김은호\r\n김수아\r\n정철수\r\n박도현\r\n임유진\r\n장예은\r\n이하린\r\n강도현\r\n",
      hex: """
        b0adbcf6bec60d0ac1b6c1f6bfec0d0ac0ccb5b5c7f60d0ab0adc1f6bfec0d0ac0e5c7cfb8b00d0ab1e8b9ce\
        c1d80d0ac1b6c3b6bcf60d0ac0ccc0bac8a30d0ac0ccc3b6bcf60d0ab1e8b5b5c7f60d0ac3d6c1f6bfec0d0a\
        c0d3bfb5c8f10d0ab1e8c0bac8a30d0ab1e8bcf6bec60d0ac1a4c3b6bcf60d0ab9dab5b5c7f60d0ac0d3c0af\
        c1f80d0ac0e5bfb9c0ba0d0ac0ccc7cfb8b00d0ab0adb5b5c7f60d0a
        """),
    Sample(
      encoding: "CP949",
      text:
        "1\t강수아\n1\t조지우\n1\t이도현\n2\t강지우\n2\t장하린\n2\t김민준\n2\t조철수\n2\t이은호\n2\t이철수\n2\t김도현\n1\t최지우\n1\t임영희\n1\t김은호\n1\t김수아\n2\t정철수\n2\t박도현\n2\t임유진\n2\t장예은\n2\t이하린\n1\t강도현\n",
      hex: """
        3109b0adbcf6bec60a3109c1b6c1f6bfec0a3109c0ccb5b5c7f60a3209b0adc1f6bfec0a3209c0e5c7cfb8b0\
        0a3209b1e8b9cec1d80a3209c1b6c3b6bcf60a3209c0ccc0bac8a30a3209c0ccc3b6bcf60a3209b1e8b5b5c7\
        f60a3109c3d6c1f6bfec0a3109c0d3bfb5c8f10a3109b1e8c0bac8a30a3109b1e8bcf6bec60a3209c1a4c3b6\
        bcf60a3209b9dab5b5c7f60a3209c0d3c0afc1f80a3209c0e5bfb9c0ba0a3209c0ccc7cfb8b00a3109b0adb5\
        b5c7f60a
        """),
    Sample(
      encoding: "CP949",
      text:
        "여\t강수아\r\n남\t조지우\r\n여\t이도현\r\n남\t강지우\r\n여\t장하린\r\n남\t김민준\r\n남\t조철수\r\n여\t이은호\r\n여\t이철수\r\n남\t김도현\r\n남\t최지우\r\n남\t임영희\r\n남\t김은호\r\n남\t김수아\r\n여\t정철수\r\n여\t박도현\r\n남\t임유진\r\n남\t장예은\r\n여\t이하린\r\n여\t강도현\r\n",
      hex: """
        bfa909b0adbcf6bec60d0ab3b209c1b6c1f6bfec0d0abfa909c0ccb5b5c7f60d0ab3b209b0adc1f6bfec0d0a\
        bfa909c0e5c7cfb8b00d0ab3b209b1e8b9cec1d80d0ab3b209c1b6c3b6bcf60d0abfa909c0ccc0bac8a30d0a\
        bfa909c0ccc3b6bcf60d0ab3b209b1e8b5b5c7f60d0ab3b209c3d6c1f6bfec0d0ab3b209c0d3bfb5c8f10d0a\
        b3b209b1e8c0bac8a30d0ab3b209b1e8bcf6bec60d0abfa909c1a4c3b6bcf60d0abfa909b9dab5b5c7f60d0a\
        b3b209c0d3c0afc1f80d0ab3b209c0e5bfb9c0ba0d0abfa909c0ccc7cfb8b00d0abfa909b0adb5b5c7f60d0a
        """),
    Sample(
      encoding: "CP949",
      text:
        "B-02\t강수아\nB-02\t조지우\nB-02\t이도현\nB-02\t강지우\nB-02\t장하린\nA-01\t김민준\nB-02\t조철수\nB-02\t이은호\nA-01\t이철수\nA-01\t김도현\nB-02\t최지우\nA-01\t임영희\nA-01\t김은호\nB-02\t김수아\nA-01\t정철수\nA-01\t박도현\nB-02\t임유진\nB-02\t장예은\nB-02\t이하린\nA-01\t강도현\n",
      hex: """
        422d303209b0adbcf6bec60a422d303209c1b6c1f6bfec0a422d303209c0ccb5b5c7f60a422d303209b0adc1\
        f6bfec0a422d303209c0e5c7cfb8b00a412d303109b1e8b9cec1d80a422d303209c1b6c3b6bcf60a422d3032\
        09c0ccc0bac8a30a412d303109c0ccc3b6bcf60a412d303109b1e8b5b5c7f60a422d303209c3d6c1f6bfec0a\
        412d303109c0d3bfb5c8f10a412d303109b1e8c0bac8a30a422d303209b1e8bcf6bec60a412d303109c1a4c3\
        b6bcf60a412d303109b9dab5b5c7f60a422d303209c0d3c0afc1f80a422d303209c0e5bfb9c0ba0a422d3032\
        09c0ccc7cfb8b00a412d303109b0adb5b5c7f60a
        """),
    Sample(
      encoding: "CP949",
      text:
        "0,강수아,22.5\n1,조지우,58.5\n2,이도현,52.5\n3,강지우,71.5\n4,장하린,36.5\n5,김민준,18.5\n6,조철수,56.5\n7,이은호,71.5\n8,이철수,36.5\n9,김도현,91.5\n10,최지우,54.5\n11,임영희,46.5\n12,김은호,88.5\n13,김수아,49.5\n14,정철수,30.5\n15,박도현,20.5\n16,임유진,11.5\n17,장예은,23.5\n18,이하린,20.5\n19,강도현,30.5\n",
      hex: """
        302cb0adbcf6bec62c32322e350a312cc1b6c1f6bfec2c35382e350a322cc0ccb5b5c7f62c35322e350a332c\
        b0adc1f6bfec2c37312e350a342cc0e5c7cfb8b02c33362e350a352cb1e8b9cec1d82c31382e350a362cc1b6\
        c3b6bcf62c35362e350a372cc0ccc0bac8a32c37312e350a382cc0ccc3b6bcf62c33362e350a392cb1e8b5b5\
        c7f62c39312e350a31302cc3d6c1f6bfec2c35342e350a31312cc0d3bfb5c8f12c34362e350a31322cb1e8c0\
        bac8a32c38382e350a31332cb1e8bcf6bec62c34392e350a31342cc1a4c3b6bcf62c33302e350a31352cb9da\
        b5b5c7f62c32302e350a31362cc0d3c0afc1f82c31312e350a31372cc0e5bfb9c0ba2c32332e350a31382cc0\
        ccc7cfb8b02c32302e350a31392cb0adb5b5c7f62c33302e350a
        """),
  ]

  /// A sentence and its first 24 bytes in the encodings of its language.
  static let samples: [Sample] = [
    Sample(
      encoding: "CP949",
      text: "그날 밤 바다는 조용했다. 등대의 불빛이 천천히 돌고, 파도는 낮게 숨을 쉬었다. 노인은 창가에 앉아 편지를 읽었다.\n안녕하세",
      hex: """
        b1d7b3af20b9e320b9d9b4d9b4c220c1b6bfebc7dfb4d92e20b5eeb4ebc0c720bad2bafbc0cc20c3b5c3b5c8\
        f720b5b9b0ed2c20c6c4b5b5b4c220b3b7b0d420bcfbc0bb20bdacbefab4d92e20b3ebc0cec0ba20c3a2b0a1\
        bfa120bec9bec620c6edc1f6b8a620c0d0befab4d92e0abec8b3e7c7cfbcbc
        """),
    Sample(
      encoding: "CP949", text: "그날 밤 바다는 조용했다.",
      hex: """
        b1d7b3af20b9e320b9d9b4d9b4c220c1b6bfebc7dfb4d92e
        """),
    Sample(
      encoding: "Johab",
      text: "그날 밤 바다는 조용했다. 등대의 불빛이 천천히 돌고, 파도는 낮게 숨을 쉬었다. 노인은 창가에 앉아 편지를 읽었다.\n안녕하세",
      hex: """
        8b61906920a47120a4619461936520b9a1b677d09694612e2097779481b78120a689a7b9b7a120c0e5c0e5d3\
        a12095a989a12c20cc6195a19365209078894120ae91b76920aee1b4f694612e2091a1b7a5b76520c0778861\
        b54120b466b46120cd65bba19f6920b7aab4f694612e0ab4659177d061ad41
        """),
    Sample(
      encoding: "Johab", text: "그날 밤 바다는 조용했다.",
      hex: """
        8b61906920a47120a4619461936520b9a1b677d09694612e
        """),
    Sample(
      encoding: "Shift_JIS", text: "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。何でも薄暗いじめじめした所でニャーニャー泣いていた事だ",
      hex: """
        8ce1947982cd944c82c582a082e9814296bc914f82cd82dc82be96b382a2814282c782b182c590b682ea82bd\
        82a982c682f182c68ca9939682aa82c282a982ca814289bd82c582e0949688c382a282b682df82b682df82b5\
        82bd8f8a82c5836a8383815b836a8383815b8b8382a282c482a282bd8e9682be
        """),
    Sample(
      encoding: "Shift_JIS", text: "吾輩は猫である。名前はま",
      hex: """
        8ce1947982cd944c82c582a082e9814296bc914f82cd82dc
        """),
    Sample(
      encoding: "EUC-JP", text: "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。何でも薄暗いじめじめした所でニャーニャー泣いていた事だ",
      hex: """
        b8e3c7daa4cfc7ada4c7a4a2a4eba1a3ccbec1b0a4cfa4dea4c0ccb5a4a4a1a3a4c9a4b3a4c7c0b8a4eca4bf\
        a4aba4c8a4f3a4c8b8abc5f6a4aca4c4a4aba4cca1a3b2bfa4c7a4e2c7f6b0c5a4a4a4b8a4e1a4b8a4e1a4b7\
        a4bfbdeaa4c7a5cba5e3a1bca5cba5e3a1bcb5e3a4a4a4c6a4a4a4bfbbf6a4c0
        """),
    Sample(
      encoding: "EUC-JP", text: "吾輩は猫である。名前はま",
      hex: """
        b8e3c7daa4cfc7ada4c7a4a2a4eba1a3ccbec1b0a4cfa4de
        """),
    Sample(
      encoding: "GB18030", text: "从前有一个国王，他有三个女儿。她们都很美丽，可是最小的那个最好看。有一天她在花园里玩，看见了一只鸟。\n",
      hex: """
        b4d3c7b0d3d0d2bbb8f6b9facdf5a3accbfbd3d0c8fdb8f6c5aeb6f9a1a3cbfdc3c7b6bcbadcc3c0c0f6a3ac\
        bfc9cac7d7eed0a1b5c4c4c7b8f6d7eebac3bfb4a1a3d3d0d2bbcceccbfdd4dabba8d4b0c0efcde6a3acbfb4\
        bcfbc1cbd2bbd6bbc4f1a1a30a
        """),
    Sample(
      encoding: "GB18030", text: "从前有一个国王，他有三个",
      hex: """
        b4d3c7b0d3d0d2bbb8f6b9facdf5a3accbfbd3d0c8fdb8f6
        """),
    Sample(
      encoding: "Big5", text: "從前有一個國王，他有三個女兒。她們都很美麗，可是最小的那個最好看。有一天她在花園裡玩，看見了一隻鳥。\n",
      hex: """
        b171ab65a6b3a440add3b0eaa4fda141a54ca6b3a454add3a46ba8e0a143a66fadccb3a3abdcacfcc452a141\
        a569ac4fb3cca470aabaa8baadd3b3cca66eacdda143a6b3a440a4d1a66fa662aae1b6e9b8ccaab1a141acdd\
        a8a3a446a440b0a6b3bea1430a
        """),
    Sample(
      encoding: "Big5", text: "從前有一個國王，他有三個",
      hex: """
        b171ab65a6b3a440add3b0eaa4fda141a54ca6b3a454add3
        """),
    Sample(
      encoding: "GB18030", text: "從前有一個國王，他有三個女兒。她們都很美麗，可是最小的那個最好看。有一天她在花園裡玩，看見了一隻鳥。\n",
      hex: """
        8fc4c7b0d3d0d2bb828087f8cdf5a3accbfbd3d0c8fd8280c5ae83baa1a3cbfd8283b6bcbadcc3c0fb90a3ac\
        bfc9cac7d7eed0a1b5c4c4c78280d7eebac3bfb4a1a3d3d0d2bbcceccbfdd4dabba88840d165cde6a3acbfb4\
        d28ac1cbd2bbeb62f842a1a30a
        """),
    Sample(
      encoding: "GB18030", text: "從前有一個國王，他有三個",
      hex: """
        8fc4c7b0d3d0d2bb828087f8cdf5a3accbfbd3d0c8fd8280
        """),
    Sample(
      encoding: "KOI8-R",
      text:
        "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему. Всё смешалось в доме Облонск",
      hex: """
        f7d3c520d3dec1d3d4ccc9d7d9c520d3c5cdd8c920d0cfc8cfd6c920c4d2d5c720cec120c4d2d5c7c12c20cb\
        c1d6c4c1d120cec5d3dec1d3d4ccc9d7c1d120d3c5cdd8d120cec5d3dec1d3d4ccc9d7c120d0cf2dd3d7cfc5\
        cdd52e20f7d3a320d3cdc5dbc1cccfd3d820d720c4cfcdc520efc2cccfced3cb
        """),
    Sample(
      encoding: "KOI8-R", text: "Все счастливые семьи пох",
      hex: """
        f7d3c520d3dec1d3d4ccc9d7d9c520d3c5cdd8c920d0cfc8
        """),
    Sample(
      encoding: "windows-1251",
      text:
        "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему. Всё смешалось в доме Облонск",
      hex: """
        c2f1e520f1f7e0f1f2ebe8e2fbe520f1e5ecfce820efeef5eee6e820e4f0f3e320ede020e4f0f3e3e02c20ea\
        e0e6e4e0ff20ede5f1f7e0f1f2ebe8e2e0ff20f1e5ecfcff20ede5f1f7e0f1f2ebe8e2e020efee2df1e2eee5\
        ecf32e20c2f1b820f1ece5f8e0ebeef1fc20e220e4eeece520cee1ebeeedf1ea
        """),
    Sample(
      encoding: "windows-1251", text: "Все счастливые семьи пох",
      hex: """
        c2f1e520f1f7e0f1f2ebe8e2fbe520f1e5ecfce820efeef5
        """),
    Sample(
      encoding: "ISO-8859-5",
      text:
        "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему. Всё смешалось в доме Облонск",
      hex: """
        b2e1d520e1e7d0e1e2dbd8d2ebd520e1d5dcecd820dfdee5ded6d820d4e0e3d320ddd020d4e0e3d3d02c20da\
        d0d6d4d0ef20ddd5e1e7d0e1e2dbd8d2d0ef20e1d5dcecef20ddd5e1e7d0e1e2dbd8d2d020dfde2de1d2ded5\
        dce32e20b2e1f120e1dcd5e8d0dbdee1ec20d220d4dedcd520bed1dbdedde1da
        """),
    Sample(
      encoding: "ISO-8859-5", text: "Все счастливые семьи пох",
      hex: """
        b2e1d520e1e7d0e1e2dbd8d2ebd520e1d5dcecd820dfdee5
        """),
    Sample(
      encoding: "IBM866",
      text:
        "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему. Всё смешалось в доме Облонск",
      hex: """
        82e1a520e1e7a0e1e2aba8a2eba520e1a5aceca820afaee5aea6a820a4e0e3a320ada020a4e0e3a3a02c20aa\
        a0a6a4a0ef20ada5e1e7a0e1e2aba8a2a0ef20e1a5acecef20ada5e1e7a0e1e2aba8a2a020afae2de1a2aea5\
        ace32e2082e1f120e1aca5e8a0abaee1ec20a220a4aeaca5208ea1abaeade1aa
        """),
    Sample(
      encoding: "IBM866", text: "Все счастливые семьи пох",
      hex: """
        82e1a520e1e7a0e1e2aba8a2eba520e1a5aceca820afaee5
        """),
    Sample(
      encoding: "windows-1251",
      text:
        "Садок вишневий коло хати, хрущі над вишнями гудуть. Плугатарі з плугами йдуть, співають, ідучи, дівчата.\n",
      hex: """
        d1e0e4eeea20e2e8f8ede5e2e8e920eaeeebee20f5e0f2e82c20f5f0f3f9b320ede0e420e2e8f8edffece820\
        e3f3e4f3f2fc2e20cfebf3e3e0f2e0f0b320e720efebf3e3e0ece820e9e4f3f2fc2c20f1efb3e2e0fef2fc2c\
        20b3e4f3f7e82c20e4b3e2f7e0f2e02e0a
        """),
    Sample(
      encoding: "windows-1251", text: "Садок вишневий коло хати",
      hex: """
        d1e0e4eeea20e2e8f8ede5e2e8e920eaeeebee20f5e0f2e8
        """),
    Sample(
      encoding: "windows-1256",
      text: "كان يا ما كان في قديم الزمان رجل فقير يعيش في بيت صغير مع زوجته وأولاده.\n",
      hex: """
        dfc7e420edc720e3c720dfc7e420dded20decfede320c7e1d2e3c7e420d1cce120dddeedd120eddaedd420dd\
        ed20c8edca20d5dbedd120e3da20d2e6cccae520e6c3e6e1c7cfe52e0a
        """),
    Sample(
      encoding: "windows-1256", text: "كان يا ما كان في قديم ال",
      hex: """
        dfc7e420edc720e3c720dfc7e420dded20decfede320c7e1
        """),
    Sample(
      encoding: "windows-1252",
      text:
        "Der König saß müde auf seinem großen Thron. „Schöne Grüße“, sagte er, „an die Frau Äbtissin.“ Über den Dächern flog ein ",
      hex: """
        446572204bf66e6967207361df206dfc646520617566207365696e656d2067726fdf656e205468726f6e2e20\
        84536368f66e65204772fcdf65932c2073616774652065722c2084616e20646965204672617520c462746973\
        73696e2e9320dc6265722064656e2044e4636865726e20666c6f672065696e20
        """),
    Sample(
      encoding: "ISO-8859-1", text: "Der König saß müde auf s",
      hex: """
        446572204bf66e6967207361df206dfc6465206175662073
        """),
    Sample(
      encoding: "ISO-8859-1",
      text:
        "Die Straße war naß, und über den Häusern hing ein grauer Himmel. Fräulein Müller ging schnell zurück.\n",
      hex: """
        4469652053747261df6520776172206e61df2c20756e6420fc6265722064656e2048e4757365726e2068696e\
        672065696e206772617565722048696d6d656c2e204672e4756c65696e204dfc6c6c65722067696e67207363\
        686e656c6c207a7572fc636b2e0a
        """),
    Sample(
      encoding: "ISO-8859-1", text: "Die Straße war naß, und ",
      hex: """
        4469652053747261df6520776172206e61df2c20756e6420
        """),
    Sample(
      encoding: "windows-1252",
      text:
        "Il était une fois, à la forêt, un garçon nommé Rémi. « C’est l’été », disait-il à sa sœur Hélène, « où êtes-vous ? »\n",
      hex: """
        496c20e97461697420756e6520666f69732c20e0206c6120666f72ea742c20756e20676172e76f6e206e6f6d\
        6de92052e96d692e20ab204392657374206c92e974e920bb2c206469736169742d696c20e020736120739c75\
        722048e96ce86e652c20ab206ff920ea7465732d766f7573203f20bb0a
        """),
    Sample(
      encoding: "ISO-8859-1", text: "Il était une fois, à la ",
      hex: """
        496c20e97461697420756e6520666f69732c20e0206c6120
        """),
    Sample(
      encoding: "ISO-8859-1", text: "Il était une fois, à la forêt, un garçon nommé Rémi. \n",
      hex: """
        496c20e97461697420756e6520666f69732c20e0206c6120666f72ea742c20756e20676172e76f6e206e6f6d\
        6de92052e96d692e200a
        """),
    Sample(
      encoding: "windows-1253",
      text:
        "Μια φορά κι έναν καιρό ήταν ένας βασιλιάς που είχε τρεις κόρες. Η μικρότερη ήταν η πιο όμορφη από όλες.\n",
      hex: """
        cce9e120f6eff1dc20eae920ddede1ed20eae1e9f1fc20def4e1ed20ddede1f220e2e1f3e9ebe9dcf220f0ef\
        f520e5dff7e520f4f1e5e9f220eafcf1e5f22e20c720ece9eaf1fcf4e5f1e720def4e1ed20e720f0e9ef20fc\
        eceff1f6e720e1f0fc20fcebe5f22e0a
        """),
    Sample(
      encoding: "windows-1253", text: "Μια φορά κι έναν καιρό ή",
      hex: """
        cce9e120f6eff1dc20eae920ddede1ed20eae1e9f1fc20de
        """),
    Sample(
      encoding: "windows-1255",
      text: "בראשית ברא אלהים את השמים ואת הארץ. והארץ היתה תהו ובהו וחשך על פני תהום.\n",
      hex: """
        e1f8e0f9e9fa20e1f8e020e0ece4e9ed20e0fa20e4f9eee9ed20e5e0fa20e4e0f8f52e20e5e4e0f8f520e4e9\
        fae420fae4e520e5e1e4e520e5e7f9ea20f2ec20f4f0e920fae4e5ed2e0a
        """),
    Sample(
      encoding: "windows-1255", text: "בראשית ברא אלהים את השמי",
      hex: """
        e1f8e0f9e9fa20e1f8e020e0ece4e9ed20e0fa20e4f9eee9
        """),
    Sample(
      encoding: "windows-874", text: "กาลครั้งหนึ่งนานมาแล้ว มีพระราชาองค์หนึ่งอยู่ในเมืองใหญ่\n",
      hex: """
        a1d2c5a4c3d1e9a7cbb9d6e8a7b9d2b9c1d2e1c5e9c720c1d5bec3d0c3d2aad2cda7a4eccbb9d6e8a7cdc2d9\
        e8e3b9e0c1d7cda7e3cbade80a
        """),
    Sample(
      encoding: "windows-874", text: "กาลครั้งหนึ่งนานมาแล้ว ม",
      hex: """
        a1d2c5a4c3d1e9a7cbb9d6e8a7b9d2b9c1d2e1c5e9c720c1
        """),
    Sample(
      encoding: "windows-1250",
      text: "Příliš žluťoučký kůň úpěl ďábelské ódy. Byl jednou jeden král a ten měl tři dcery.\n",
      hex: """
        50f8ed6c699a209e6c759d6f75e86bfd206bf9f220fa70ec6c20efe162656c736be920f364792e2042796c20\
        6a65646e6f75206a6564656e206b72e16c20612074656e206dec6c2074f8692064636572792e0a
        """),
    Sample(
      encoding: "windows-1250", text: "Příliš žluťoučký kůň úpě",
      hex: """
        50f8ed6c699a209e6c759d6f75e86bfd206bf9f220fa70ec
        """),
    Sample(
      encoding: "windows-1250",
      text:
        "Pewnego razu żył sobie król, który miał trzy córki. Najmłodsza była najpiękniejsza ze wszystkich, a słońce świeciło.\n",
      hex: """
        5065776e65676f2072617a7520bf79b320736f626965206b72f36c2c206b74f37279206d6961b32074727a79\
        2063f3726b692e204e616a6db36f64737a61206279b361206e616a7069ea6b6e69656a737a61207a65207773\
        7a7973746b6963682c20612073b36ff16365209c7769656369b36f2e0a
        """),
    Sample(
      encoding: "windows-1250", text: "Pewnego razu żył sobie k",
      hex: """
        5065776e65676f2072617a7520bf79b320736f626965206b
        """),
    Sample(
      encoding: "windows-1254",
      text:
        "Bir varmış bir yokmuş, evvel zaman içinde küçük bir köyde yaşlı bir adam yaşarmış. Güneş doğdu.\n",
      hex: """
        426972207661726dfdfe2062697220796f6b6d75fe2c20657676656c207a616d616e2069e7696e6465206bfc\
        e7fc6b20626972206bf6796465207961fe6cfd20626972206164616d207961fe61726dfdfe2e2047fc6e65fe\
        20646ff064752e0a
        """),
    Sample(
      encoding: "windows-1254", text: "Bir varmış bir yokmuş, e",
      hex: """
        426972207661726dfdfe2062697220796f6b6d75fe2c2065
        """),
    Sample(
      encoding: "ISO-8859-1",
      text:
        "En un lugar de la Mancha, de cuyo nombre no quiero acordarme, no ha mucho tiempo que vivía un hidalgo. ¿Qué pasó mañana,",
      hex: """
        456e20756e206c75676172206465206c61204d616e6368612c206465206375796f206e6f6d627265206e6f20\
        71756965726f2061636f726461726d652c206e6f206861206d7563686f207469656d706f2071756520766976\
        ed6120756e20686964616c676f2e20bf5175e920706173f3206d61f1616e612c
        """),
  ]

  /// Sentences for UTF-16 and UTF-32.
  static let texts: [String] = [
    "그날 밤 바다는 조용했다. 등대의 불빛이 천천히 돌고, 파도는 낮게 숨을 쉬었다. 노인은 창가에 앉아 편지를 읽었다.\n안녕하세요, 여러분! 오늘은 날씨가 참 좋습니다.\n",
    "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。何でも薄暗いじめじめした所でニャーニャー泣いていた事だけは記憶している。\n",
    "从前有一个国王，他有三个女儿。她们都很美丽，可是最小的那个最好看。有一天她在花园里玩，看见了一只鸟。\n",
    "從前有一個國王，他有三個女兒。她們都很美麗，可是最小的那個最好看。有一天她在花園裡玩，看見了一隻鳥。\n",
    "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему. Всё смешалось в доме Облонских.\n",
    "كان يا ما كان في قديم الزمان رجل فقير يعيش في بيت صغير مع زوجته وأولاده.\n",
    "The quick brown fox jumps over the lazy dog. It was the best of times, it was the worst of times.\n",
    "Der König saß müde auf seinem großen Thron. „Schöne Grüße“, sagte er, „an die Frau Äbtissin.“ Über den Dächern flog ein Vögelchen – früh.\n",
    "Μια φορά κι έναν καιρό ήταν ένας βασιλιάς που είχε τρεις κόρες. Η μικρότερη ήταν η πιο όμορφη από όλες.\n",
    "בראשית ברא אלהים את השמים ואת הארץ. והארץ היתה תהו ובהו וחשך על פני תהום.\n",
    "กาลครั้งหนึ่งนานมาแล้ว มีพระราชาองค์หนึ่งอยู่ในเมืองใหญ่\n",
    "안녕 😀 반가워 🎉 좋은 하루 보내 🙂\n",
  ]

  /// ISO-2022-KR and ISO-2022-JP.
  static let escaped: [Sample] = [
    Sample(
      encoding: "ISO-2022-KR", text: "그날 밤 바다는 조용했다. 등대의 불빛이 천천히 돌고, 파도는 낮게 숨을 쉬었다. 노인은 창가",
      hex: """
        1b2429430e3157332f0f200e39630f200e3959345934420f200e41363f6b475f34590f2e200e356e346b4047\
        0f200e3a523a7b404c0f200e4335433548770f200e3539306d0f2c200e4644353534420f200e333730540f20\
        0e3c7b403b0f200e3d2c3e7a34590f2e200e336b404e403a0f200e432230210f
        """),
    Sample(
      encoding: "ISO-2022-KR", text: "그날 밤 바다는",
      hex: """
        1b2429430e3157332f0f200e39630f200e3959345934420f
        """),
    Sample(
      encoding: "ISO-2022-JP", text: "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。何でも薄暗いじめじめした所でニャーニャー泣いてい",
      hex: """
        1b24423863475a244f472d24472422246b21234c3e4130244f245e24404c3524242123244924332447403824\
        6c243f242b244824732448382b4576242c2444242b244c2123323f2447246247763045242424382461243824\
        612437243f3d6a2447254b2563213c254b2563213c35632424244624241b2842
        """),
    Sample(
      encoding: "ISO-2022-JP", text: "吾輩は猫である。名",
      hex: """
        1b24423863475a244f472d24472422246b21234c3e1b2842
        """),
  ]
}
