//! People as a directory has them: common and rare names, in several scripts. The same number is the same person always.

/// Given and family names that go together; earlier ones are more common.
const CULTURES: [(&str, &str); 6] = [
    (
        "James Mary John Patricia Robert Jennifer Michael Linda David Elizabeth William Barbara Richard Susan \
         Joseph Jessica Thomas Sarah Christopher Karen Seán Siobhán",
        "Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Taylor Moore Jackson Martin Thompson \
         White Harris Clark Lewis Robinson Walker O'Neill Featherstonehaugh",
    ),
    (
        "Anna Jörg Jürgen Bärbel Günther Sven Heike Uwe Sabine Wolfgang Zoë François Chloé Renée Michał \
         Łukasz Małgorzata José María João Nuño Ingrid",
        "Müller Schmidt Schneider Fischer Weber Groß Strauß Weiß Dvořák Novák Kowalski Wiśniewski García \
         Fernández Rodríguez Gonçalves Lefèvre Benoît Åkesson Sørensen Björk Þórsson",
    ),
    (
        "Александр Мария Дмитрий Анна Сергей Екатерина Иван Ольга Андрій Юлія",
        "Иванов Смирнов Кузнецов Попов Соколов Лебедев Шевченко Коваленко Бондаренко Щербаков",
    ),
    ("伟 芳 娜 秀英 敏 静 小明 丽 强 磊", "王 李 张 刘 陈 杨 赵 黄 欧阳 司马"),
    (
        "Γιώργος Μαρία Νίκος Ελένη Δημήτρης Σίσυφος",
        "Παπαδόπουλος Νικολαΐδης Γεωργίου Οικονόμου Αἰολίδης",
    ),
    ("محمد فاطمة أحمد مريم يوسف ليلى", "الحسن العلي الخطيب النجار المصري"),
];
/// How often each culture comes, of a hundred.
const SHARES: [u64; 6] = [50, 25, 10, 9, 3, 3];

/// Given name, family name and address of a person.
pub(crate) fn person(number: u32) -> (String, String, String) {
    let mut dice = Dice(u64::from(number) + 1);
    let mut share = dice.roll(100);
    let mut culture = 0;
    while share >= SHARES[culture] {
        share -= SHARES[culture];
        culture += 1;
    }
    let (given, family) = CULTURES[culture];
    let mut first = dice.pick(given).to_owned();
    let mut last = dice.pick(family).to_owned();
    if dice.roll(10) == 0 {
        first = format!("{first} {}", dice.pick(given));
    }
    if dice.roll(12) == 0 {
        last = format!("{last}-{}", dice.pick(family));
    }
    // Most people are alone with some part of their name.
    let syllables =
        "ba cor del fin gar hol jin kes lom mir nor pel quo ras sto tul vex wen yor zim";
    if dice.roll(3) == 0 {
        let made: String = (0..3).map(|_| dice.pick(syllables)).collect();
        last = format!("{last} {}{}", made[..1].to_uppercase(), &made[1..]);
    }
    let hosts = "example.com example.org mail.example.net corp.example université.example";
    let local = if first.is_ascii() && last.is_ascii() {
        format!("{first}.{last}").to_lowercase().replace([' ', '\''], "")
    } else {
        format!("p{}", dice.roll(1_000_000))
    };
    let email = format!("{local}.{number}@{}", dice.pick(hosts));
    (first, last, email)
}

/// Numbers that look like chance and are the same each time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }

    /// One of some words, the earlier the more often.
    fn pick<'w>(&mut self, words: &'w str) -> &'w str {
        let words: Vec<&str> = words.split(' ').collect();
        let (one, other) = (self.roll(words.len() as u64), self.roll(words.len() as u64));
        words[one.min(other) as usize]
    }
}
