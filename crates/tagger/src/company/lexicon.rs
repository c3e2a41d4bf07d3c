//! Words that company names are made of, and what they say about whose name it is: nothing
//! (legal forms), where it is (places), its trade (common words), or who it is (all the rest).

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::words::singular;

/// What a word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Legal forms, articles, prepositions, single letters: not a part of the name.
    Filler,
    /// A country, region or city outside China.
    Place,
    /// China, its provinces and cities.
    Home,
    /// Part of how a group is built, the same in every trade: group, holding, branch.
    Structure,
    /// A trade or a common word: technology, electronic, national.
    Common,
    /// A number: 54th, 13.
    Number,
    /// All others.
    Own,
}

/// The class of a word in normal form.
pub(super) fn class(word: &str) -> Class {
    let bytes = word.as_bytes();
    if bytes.first().is_some_and(u8::is_ascii_digit) {
        return Class::Number;
    }
    if bytes.len() == 1 {
        return Class::Filler;
    }
    CLASSES.get(word).copied().unwrap_or(Class::Own)
}

static CLASSES: LazyLock<HashMap<Cow<'static, str>, Class>> = LazyLock::new(|| {
    let lists = [
        (COMMON, Class::Common),
        (PLACES, Class::Place),
        (HOME, Class::Home),
        (STRUCTURE, Class::Structure),
        (FILLERS, Class::Filler),
    ];
    let words = lists.into_iter().flat_map(|(list, class)| {
        let words = list.iter().flat_map(|line| line.split(' '));
        words.map(move |word| (singular(word).unwrap_or(Cow::Borrowed(word)), class))
    });
    words.collect()
});

/// What a shortened word stands for.
pub(super) fn in_full(word: &str) -> Option<&'static str> {
    let known = SHORTENED.binary_search_by_key(&word, |(short, _)| short);
    known.ok().map(|at| SHORTENED[at].1)
}

/// Sorted.
const SHORTENED: &[(&str, &str)] = &[
    ("acad", "academy"),
    ("admin", "administration"),
    ("assoc", "association"),
    ("autom", "automation"),
    ("comm", "communication"),
    ("constr", "construction"),
    ("dev", "development"),
    ("elec", "electronic"),
    ("eng", "engineering"),
    ("engr", "engineering"),
    ("equip", "equipment"),
    ("exp", "export"),
    ("grp", "group"),
    ("hldg", "holding"),
    ("imp", "import"),
    ("ind", "industry"),
    ("info", "information"),
    ("ins", "instrument"),
    ("inst", "institute"),
    ("int", "international"),
    ("intl", "international"),
    ("inv", "investment"),
    ("lab", "laboratory"),
    ("mach", "machinery"),
    ("mfg", "manufacturing"),
    ("mgmt", "management"),
    ("nat", "national"),
    ("natl", "national"),
    ("prec", "precision"),
    ("res", "research"),
    ("sci", "science"),
    ("sys", "system"),
    ("tech", "technology"),
    ("technol", "technology"),
    ("telecomm", "telecommunication"),
    ("trd", "trading"),
    ("univ", "university"),
];

/// Legal forms without dots, as ISO 20275 (entity legal forms) and the lists have them, and words
/// between words.
const FILLERS: &[&str] = &[
    "co ltd limited company corp corporation inc incorporated llc llp lp plc pte pty pvt private sdn bhd",
    "gmbh ag kg ohg mbh ug eg sa sas sarl sarlu eurl snc sl slu sau sca spa srl srls sapi cv rl ltda lda ltd",
    "bv nv bvba sprl cvba ab as asa aps oy oyj ab hb kb doo dd ad jd jsc pjsc ojsc cjsc ooo oao zao pao ao",
    "ood eood ead kft zrt nyrt bt spzoo zoo sro vos kd tov tzov pt tbk cia cie kk yk gk fze fzco fzc fz dmcc",
    "sti as anonim sirketi ticaret sanayi limitada aktiengesellschaft gesellschaft societe anonyme sociedad",
    "drustvo drustva ogranicenom ogranicena odgovornoscu odgovornost akcionarsko preduzece obshchestvo otvetstvennostyu ogranichennoi",
    "youxian gongsi zeren gufen jituan youxiangongsi kabushiki kaisha",
    "of and the for de la le les du des del der die das und et el los da do dos di e y i u za sa na in at a an to by",
    "aka fka nka dba also known formerly via subordinate subsidiary affiliate affiliated entity any successor",
];

const STRUCTURE: &[&str] = &[
    "group holding international global worldwide overseas branch office representative headquarter enterprise",
    "investment subsidiary division region regional service solution operation trading sale europe european asia",
    "pacific african africa america american middle east west north south eastern western northern southern central",
    "hq rep subgroup parent unit department center centre business management asset capital share",
];

const COMMON: &[&str] = &[
    "technology tech technique technical technological electronic electron electro electronica digital information",
    "info software system network telecommunication telecom telekom telecommunication communication mobile wireless cloud data computer",
    "computing internet industry industrial manufacturing manufacture manufacturer machinery machine mechanical equipment instrument",
    "engineering construction development research institute academy science scientific innovation laboratory lab",
    "design intelligent intelligence smart automation robotic robot vision security safety protection guard defense defence military",
    "aerospace aviation aircraft avionic aeronautic aeronautical space spaceflight satellite rocket missile shipbuilding ship shipping",
    "marine maritime ocean naval nuclear atomic energy power electric electrical grid state national first new",
    "great wall motor automobile automotive auto vehicle car battery solar photovoltaic railway rail road bridge",
    "highway transport transportation logistic freight airline airport port bank banking finance financial fund",
    "insurance export import trade commerce commercial foreign economic cooperation agency bureau ministry",
    "administration commission board people republic public united union imaging image medical healthcare health hospital",
    "biotechnology biotech bio biological life pharmaceutical medicine clinic clinical gene genetic semiconductor",
    "micro microelectronic integrated circuit chip optoelectronic optical optic photonic laser sensor radar radio television tv",
    "video camera display screen component device product material steel iron metal mining mineral oil gas",
    "petroleum chemical chemistry plastic rubber tire tyre textile garment apparel clothing agriculture agricultural food",
    "environment environmental water building property real estate hotel media film music game education university",
    "college school training consulting consultancy consultant supply chain import store shop online electronica",
    "high advanced precision special general professional standard modern future union star sun sky golden gold sea honor",
    "measurement measuring control test testing inspection certification metal home appliance furniture play society",
    "association foundation federation committee council corporation factory plant work workshop mill yard base park",
    "zone area district build your dream tongda hi speed tecno your company communication interactive virtual reality",
    "entertainment culture cultural film advertising marketing legal forensic judicial police army navy air force",
    "second third fourth fifth sixth seventh eighth ninth tenth one two three main joint venture common world eco green",
    "wisdom perception sensing recognition face voice speech language translation biometric identification monitor monitoring",
    "surveillance scan scanner detection xray screening custom border",
];

/// Places outside China that subsidiaries are called after, in several languages.
const PLACES: &[&str] = &[
    "serbia srbija srbije croatia hrvatska bosnia bosna hercegovina herzegovina montenegro crna gora macedonia makedonija kosovo albania shqiperi",
    "slovenia slovenija bulgaria romania hungary magyarorszag greece hella turkey turkiye turkiy istanbul ankara cyprus",
    "germany deutschland france italy italia spain espana portugal netherland nederland belgium belgique belgie luxembourg",
    "austria osterreich switzerland suisse schweiz denmark danmark sweden sverige norway norge finland suomi iceland",
    "estonia latvia lithuania poland polska czech czechia slovakia ukraine ukraina belarus russia rossiya russian moldova georgia",
    "uk united kingdom britain england scotland wale ireland london paris berlin dusseldorf munich madrid rome milan milano",
    "lisbon brussel vienna zurich stockholm oslo copenhagen helsinki warsaw prague bratislava budapest bucharest sofia",
    "athen belgrade beograd zagreb sarajevo podgorica skopje tirana ljubljana nis novi sad moscow kiev kyiv minsk",
    "usa us states america canada mexico brasil brazil argentina chile peru colombia ecuador venezuela bolivia paraguay uruguay",
    "panama costa rica cuba guatemala honduras jamaica dominican puerto rico california texas york washington",
    "japan nippon tokyo korea seoul india bharat delhi mumbai bangalore pakistan islamabad bangladesh dhaka lanka nepal",
    "bhutan maldive myanmar burma thailand bangkok vietnam viet nam hanoi cambodia lao malaysia kuala lumpur singapore",
    "indonesia jakarta philippine manila brunei mongolia kazakhstan uzbekistan kyrgyzstan tajikistan turkmenistan azerbaijan",
    "armenia iran tehran iraq baghdad syria lebanon jordan israel palestine saudi arabia riyadh uae dubai abu dhabi",
    "emirate qatar doha bahrain kuwait oman yemen afghanistan egypt cairo libya tunisia tunisie algeria algerie maroc morocco",
    "sudan ethiopia kenya nairobi uganda tanzania rwanda burundi congo cameroon nigeria lago ghana senegal mali ivoire",
    "angola zambia zimbabwe mozambique malawi botswana namibia south mauritius madagascar reunion seychelle gabon",
    "australia sydney melbourne zealand fiji papua samoa oceania belize bermuda cayman bvi virgin island mauritanie benin togo",
    "niger chad guinea liberia sierra leone eritrea djibouti somalia balkan adriatic nordic baltic iberia benelux caucasus cis latin latam mea emea apac",
];

/// China, and places in it that companies are called after.
const HOME: &[&str] = &[
    "china chinese prc sino zhongguo cn hk hong kong hongkong macau macao taiwan roc hkg",
    "beijing peking shanghai shenzhen sz guangzhou guangdong tianjin chongqing hangzhou zhejiang nanjing jiangsu suzhou wuxi",
    "changzhou ningbo wenzhou hefei anhui fuzhou fujian xiamen quanzhou jinan qingdao shandong yantai weihai zhengzhou",
    "henan luoyang wuhan hubei changsha hunan zhuzhou nanchang jiangxi chengdu sichuan mianyang xian shaanxi",
    "taiyuan shanxi shijiazhuang hebei baoding langfang shenyang dalian liaoning changchun jilin harbin heilongjiang",
    "hohhot neimenggu urumqi xinjiang lanzhou gansu xining qinghai yinchuan ningxia lhasa tibet guiyang guizhou kunming yunnan",
    "nanning guangxi haikou hainan zhuhai dongguan foshan huizhou zhongshan shantou kunshan nantong yangzhou huawu",
    "guian dongguan gui wuhu mongolia songshan jiaxing shaoxing pudong zhongguancun",
];

/// Countries (and how addresses end) that the vendors of the lists are at home in.
pub(super) const HOME_COUNTRIES: &[&str] = &[
    "cn",
    "hk",
    "mo",
    "china",
    "chn",
    "hkg",
    "mac",
    "prc",
    "hong kong",
    "macau",
    "macao",
    "people's republic of china",
];

/// Where firms are registered and nobody works, in normal form.
pub(super) const OFFSHORE: &[&str] =
    &["cayman", "bvi", "british virgin", "virgin", "bermuda", "tortola", "seychelle"];

/// Han characters that names end or begin with and that say nothing about whose they are.
pub(super) const HAN_FILLERS: &[&str] = &[
    "股份有限公司",
    "有限责任公司",
    "有限公司",
    "股份",
    "集团",
    "公司",
    "总公司",
    "分公司",
    "控股",
    "国际",
    "技术",
    "科技",
    "实业",
    "投资",
    "中国",
    "北京",
    "上海",
    "深圳",
    "广州",
    "杭州",
    "浙江",
    "广东",
    "江苏",
    "香港",
    "南京",
    "成都",
    "武汉",
    "西安",
    "市",
    "省",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortened_words_are_sorted_and_known_in_full() {
        assert!(SHORTENED.is_sorted());
        for (short, full) in SHORTENED {
            assert_eq!(in_full(short), Some(*full));
            assert_ne!(class(full), Class::Own, "{full}");
        }
    }

    #[test]
    fn every_word_is_found_as_names_have_it() {
        for line in [COMMON, PLACES, HOME, STRUCTURE, FILLERS].into_iter().flatten() {
            for word in line.split(' ') {
                let words = super::super::words::words(word);
                assert_eq!(words.len(), 1, "{word}");
                assert_ne!(words[0].class, Class::Own, "`{word}` is never found");
            }
        }
    }
}
